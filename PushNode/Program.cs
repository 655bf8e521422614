using PushNode.Commands;

return await CommandLine.RunAsync(args);
