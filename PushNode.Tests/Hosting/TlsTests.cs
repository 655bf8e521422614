using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PushNode.Commands;
using PushNode.Settings;
using PushNode.Tests.Auth;
using PushNode.Tests.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Hosting;

internal sealed class TlsTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Https_WithAPemCertificate_SpeaksHttp2(bool keyInItsOwnFile)
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = MakeCertificate();
        File.WriteAllText(folder.File("node.pem"), keyInItsOwnFile ? certificate : certificate + "\n" + key);
        File.WriteAllText(folder.File("node.key"), key);
        string[] settings = ["Urls=https://127.0.0.1:0", $"Tls:CertificateFile={folder.File("node.pem")}"];

        await using RunningNode node = await RunningNode.StartAsync(keyInItsOwnFile ? [.. settings, $"Tls:KeyFile={folder.File("node.key")}"] : settings);
        using HttpClient http = CreateClient(certificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Origin + "/healthz")) { Version = HttpVersion.Version20 };
        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Version, Is.EqualTo(HttpVersion.Version20));
    }

    [Test]
    public async Task PlainGetOfThePushEndpoint_OverHttp2_IsToldToUpgrade_WithNothingInTheLog()
    {
        using var folder = new TemporaryFolder();
        using var log = new RecordingLog<object>();
        (string certificate, string key) = MakeCertificate();
        File.WriteAllText(folder.File("node.pem"), certificate + "\n" + key);

        await using RunningNode node = await RunningNode.StartAsync(
            ["Urls=https://127.0.0.1:0", $"Tls:CertificateFile={folder.File("node.pem")}", "Logging:LogLevel:Default=Warning"],
            services => services.AddSingleton<ILoggerProvider>(log));
        using HttpClient http = CreateClient(certificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Origin + "/push")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UpgradeRequired));
        Assert.That(log.Lines, Is.Empty);
    }

    [TestCase("an https address needs a PEM file")]
    [TestCase("cannot be read", "Tls:CertificateFile=/no/such.pem")]
    [TestCase("a key is given, but no certificate", "Tls:KeyFile=/no/such.key")]
    public void Https_WithoutAUsableCertificate_IsRefused(string why, params string[] settings)
    {
        Assert.That(() => RunningNode.StartAsync([.. settings, "Urls=https://127.0.0.1:0"]), Throws.TypeOf<SettingsException>().With.Message.Contains(why));
    }

    private static HttpClient CreateClient(string certificate) => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented is X509Certificate2 c && c.ExportCertificatePem() == certificate },
    });

    [TestCase("/nonexistent")]
    [TestCase("node.pem")]
    public void ACertificateThatNoAddressUses_IsRefused(string file) =>
        Assert.That(
            () => RunningNode.StartAsync([$"Tls:CertificateFile={file}"]),
            Throws.TypeOf<SettingsException>().With.Message.StartsWith($"Tls:CertificateFile is '{file}': it would do nothing, for no address in Urls is https"));

    [TestCase("send", "--all", "hi")]
    [TestCase("health")]
    public async Task Commands_TellWhyACertificateIsNotTrusted(params string[] command)
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = MakeCertificate();
        File.WriteAllText(folder.File("node.pem"), certificate + "\n" + key);
        await using RunningNode node = await RunningNode.StartAsync(["Urls=https://127.0.0.1:0", $"Tls:CertificateFile={folder.File("node.pem")}"]);

        ProcessEnd end = await PushNodeProcess.RunAsync(folder.Path, [.. command, "--url", node.Origin]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Does.Contain("cannot be reached: The remote certificate is invalid").And.Not.Contain("inner exception"));
    }

    [Test]
    public async Task Commands_TellThatAnHttpsPortAnswersNoHttp()
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = MakeCertificate();
        File.WriteAllText(folder.File("node.pem"), certificate + "\n" + key);
        await using RunningNode node = await RunningNode.StartAsync(["Urls=https://127.0.0.1:0", $"Tls:CertificateFile={folder.File("node.pem")}"]);

        ProcessEnd end = await PushNodeProcess.RunAsync(folder.Path, ["health", "--url", node.Origin.Replace("https", "http", StringComparison.Ordinal)]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Does.Contain("ended prematurely"));
    }

    private static (string Certificate, string Key) MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
