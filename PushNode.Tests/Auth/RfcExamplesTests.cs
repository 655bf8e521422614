using PushNode.Auth;
using PushNode.Auth.Jwt;
using PushNode.Auth.Keys;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>The examples of RFC 7515, appendix A, with their keys as RFC 7517 writes them.</summary>
internal sealed class RfcExamplesTests
{
    private const string Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string A1Key = """{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}""";
    private const string A1 = $"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{Payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private const string A2Key =
        """{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"""
        + "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Zw"
        + """Kh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}""";

    private const string A2 =
        $"eyJhbGciOiJSUzI1NiJ9.{Payload}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
        + "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
        + "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string A3Key = """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""";
    private const string A3 = $"eyJhbGciOiJFUzI1NiJ9.{Payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    // The examples' payload names no subject; that it is the next thing to be missed shows that the signature was right.
    private const string NoSubject = "claim 'sub' is missing: it says who the user is";

    [TestCase(A1Key, A1, TestName = "A1_Hs256_SignatureIsRight")]
    [TestCase(A2Key, A2, TestName = "A2_Rs256_SignatureIsRight")]
    [TestCase(A3Key, A3, TestName = "A3_Es256_SignatureIsRight")]
    public async Task Example_SignatureIsRight(string key, string token)
    {
        AuthResult result = await Verifier(key, new DateTimeOffset(2011, 3, 22, 18, 0, 0, TimeSpan.Zero)).VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo(NoSubject));
    }

    [TestCase(A1Key, A1, TestName = "A1_Later_HasExpired")]
    [TestCase(A2Key, A2, TestName = "A2_Later_HasExpired")]
    [TestCase(A3Key, A3, TestName = "A3_Later_HasExpired")]
    public async Task Example_Later_HasExpired(string key, string token)
    {
        AuthResult result = await Verifier(key, new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero)).VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo("expired at 2011-03-22T18:43:00.000Z"));
    }

    [TestCase(A1Key, A2, TestName = "A2_WithTheKeyOfA1_IsRefused")]
    [TestCase(A2Key, A3, TestName = "A3_WithTheKeyOfA2_IsRefused")]
    [TestCase(A3Key, A1, TestName = "A1_WithTheKeyOfA3_IsRefused")]
    public async Task Example_WithAnotherKey_IsRefused(string key, string token)
    {
        AuthResult result = await Verifier(key, new DateTimeOffset(2011, 3, 22, 18, 0, 0, TimeSpan.Zero)).VerifyAsync(token);

        Assert.That(result.Reason, Does.StartWith("there is no key for alg"));
    }

    private static JwtVerifier Verifier(string key, DateTimeOffset now) =>
        new(new AuthOptions(), new GivenKeys(System.Text.Encoding.UTF8.GetBytes($$"""{"keys":[{{key}}]}""")), new ManualTime(now));

    private sealed class GivenKeys(byte[] jwks) : IKeySource
    {
        public JwsAlgorithms Algorithms => JwsAlgorithms.Symmetric | JwsAlgorithms.Asymmetric;

        public KeySet? Current { get; } = JwksDocument.Parse(jwks, JwsAlgorithms.Symmetric | JwsAlgorithms.Asymmetric);

        public ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) => new(true);
    }
}
