using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Dispatch;
using PushNode.Dispatch.Remote;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;
using PushNode.Tests.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class DispatchModuleTests
{
    [TestCase(Roles.All, typeof(Dispatcher), true, true)]
    [TestCase(Roles.Dispatch, typeof(Dispatcher), true, false)]
    [TestCase(Roles.Push | Roles.Dispatch, typeof(Dispatcher), true, true)]
    [TestCase(Roles.Push, null, false, true)]
    [TestCase(Roles.Collect, typeof(RemoteDispatcher), false, false)]
    [TestCase(Roles.Collect | Roles.Push, typeof(RemoteDispatcher), false, true)]
    [TestCase(Roles.Auth, null, false, false)]
    public async Task EachRole_HasWhatItNeeds(Roles roles, Type? dispatcher, bool dispatches, bool delivers)
    {
        var delivery = new RecordingDelivery();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System).AddSingleton(new ClusterOptions());
        services.AddSingleton(new ClusterSecret(PeerHost.Secret)).AddSingleton(PeerCertificates.None);
        services.AddSingleton<IPeerDirectory>(new FixedPeers()).AddSingleton<IRouteTable, MemoryRouteTable>();
        services.AddPeers("127.0.0.1:1");
        if (roles.HasFlag(Roles.Push))
            services.AddSingleton<IDelivery>(delivery).AddSingleton<IReconcile>(delivery);
        services.AddClusterDispatch(roles);
        await using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });

        IPeerService[] answering = [.. provider.GetServices<IPeerService>()];
        Assert.Multiple(() =>
        {
            Assert.That(provider.GetService<IDispatcher>()?.GetType(), Is.EqualTo(dispatcher));
            Assert.That(answering.OfType<DispatchService>().Any(), Is.EqualTo(dispatches));
            Assert.That(answering.OfType<DeliveryService>().Any(), Is.EqualTo(delivers));
            Assert.That(provider.GetServices<IHostedService>().OfType<PeerDeliveries>().Any(), Is.EqualTo(dispatches));
            Assert.That(provider.GetService<IDeliveries>()?.All, dispatches ? Is.EqualTo(delivers ? new[] { delivery } : []) : Is.Null);
        });
    }
}
