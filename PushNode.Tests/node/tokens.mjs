// Makes keys and signs a token with each algorithm, all with jose and nothing of PushNode. Prints one JSON document.
//   node tokens.mjs sign   '{"sub":"alice"}'
//   node tokens.mjs verify '<token>' '<secret>'
import * as jose from 'jose';

const encode = (text) => new TextEncoder().encode(text);

async function asymmetric(alg, claims, options = {}) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true, ...options });
  const kid = `${alg}-key`;
  return {
    token: await new jose.SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(privateKey),
    pem: await jose.exportSPKI(publicKey),
    privatePem: await jose.exportPKCS8(privateKey),
    jwk: { ...(await jose.exportJWK(publicKey)), kid, use: 'sig', alg },
  };
}

async function symmetric(alg, bytes, claims) {
  const secret = 'z'.repeat(bytes - 4) + 'é\u00e9'; // Two characters of two bytes each.
  const kid = `${alg}-key`;
  return {
    token: await new jose.SignJWT(claims).setProtectedHeader({ alg, kid }).sign(encode(secret)),
    secret,
    jwk: { kty: 'oct', k: jose.base64url.encode(encode(secret)), kid, alg },
  };
}

async function sign(claims) {
  const result = {
    HS256: await symmetric('HS256', 32, claims),
    HS384: await symmetric('HS384', 48, claims),
    HS512: await symmetric('HS512', 64, claims),
    RS256: await asymmetric('RS256', claims),
    PS256: await asymmetric('PS256', claims, { modulusLength: 3072 }),
    ES256: await asymmetric('ES256', claims),
    ES384: await asymmetric('ES384', claims),
    EdDSA: await asymmetric('EdDSA', claims),
  };
  const secret = encode(result.HS256.secret);
  result.encrypted = await new jose.EncryptJWT(claims).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(secret);
  result.unsecured = new jose.UnsecuredJWT(claims).encode();
  const unencoded = await new jose.FlattenedSign(encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'HS256', b64: false, crit: ['b64'] })
    .sign(secret);
  result.unencoded = `${unencoded.protected}.${jose.base64url.encode(encode(JSON.stringify(claims)))}.${unencoded.signature}`;
  return result;
}

async function verify(token, secret) {
  const { payload, protectedHeader } = await jose.jwtVerify(token, encode(secret), { algorithms: ['HS256', 'HS384', 'HS512'] });
  return { payload, header: protectedHeader };
}

const [command, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(command === 'verify' ? await verify(...rest) : await sign(JSON.parse(rest[0]))));
