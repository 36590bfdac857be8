// oidc-provider with the clients and APIs of ../src/tenant.yaml, its own store in memory, and a login that asks nobody.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;
const algorithms = new Map([
  ['https://rs256.example.test', 'RS256'],
  ['https://es256.example.test', 'ES256'],
]);

function key(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg };
}

function shop(alg) {
  const client_id = `BenchShop${alg === 'RS256' ? 'Rs256' : 'Es256'}000000000000000001`;
  return {
    client_id,
    client_secret: 'bench-secret-of-the-shop-0123456789abcdef0123456789abc',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['https://shop.example.test/callback'],
    id_token_signed_response_alg: alg,
  };
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'BenchMachine00000000000000000001',
      client_secret: 'bench-secret-of-the-machine-0123456789abcdef0123456789',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
    shop('RS256'),
    shop('ES256'),
  ],
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')] },
  cookies: { keys: ['bench-cookie-key'] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'read:items',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 86400,
        jwt: { sign: { alg: algorithms.get(resource) } },
      }),
    },
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: 'Ada', email: 'ada@example.test', email_verified: true }),
  }),
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = new provider.Grant({ accountId: 'bench', clientId: params.client_id });
  grant.addOIDCScope('openid profile email offline_access');
  if (params.resource) grant.addResourceScope(params.resource, 'read:items');
  const result = { login: { accountId: 'bench' }, consent: { grantId: await grant.save() } };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
});

provider.listen(port, '127.0.0.1');
