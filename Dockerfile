# The SDK builds; what runs has the ASP.NET Core runtime and the driver for MongoDB.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig appsettings.json ./
COPY PushNode/PushNode.csproj PushNode/
RUN dotnet restore PushNode/PushNode.csproj
COPY PushNode/ PushNode/
RUN dotnet publish PushNode/PushNode.csproj --configuration Release --no-restore --output /app && mkdir /data

# The health check is the executable itself: there is no curl.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble
RUN apt-get update && apt-get install -y --no-install-recommends libmongoc-1.0-0 && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
USER $APP_UID
ENV PUSHNODE_Urls=http://*:8080 \
    PUSHNODE_Data=/data
VOLUME /data
EXPOSE 8080
# On SIGTERM a node ends within Hosting:ShutdownTimeout (10 s by default): give "docker stop" a little more.
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/app/pushnode", "health"]
ENTRYPOINT ["/app/pushnode"]
