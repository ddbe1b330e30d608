// Signing in and out at Keycloak, step by step, with answers that were tampered with.
import type { KeycloakVisitor } from '../keycloak/keycloak-visitor.ts';
import type { Recorder } from '../recorder.ts';
import { PAGE, type Step } from '../step.ts';

const LOGIN: readonly Step[] = [
  { name: 'sign-in', path: '/auth/login', headers: PAGE },
  { name: 'sign-in for a program', path: '/auth/login' },
  { name: 'sign-in, HEAD', method: 'HEAD', path: '/auth/login' },
  { name: 'sign-in that leads back', path: '/auth/login?return_to=%2Factivity%3Fa%3D1' },
  { name: 'sign-in that leads away', path: '/auth/login?return_to=https://elsewhere.example', headers: PAGE },
  { name: 'sign-in with a begun one that is none', path: '/auth/login', headers: { cookie: 'byok_sign_in_x=x' } },
  { name: 'callback of nothing', path: '/auth/callback' },
  { name: 'callback of nothing on the page', path: '/auth/callback', headers: PAGE },
  { name: 'callback that nobody waits for', path: '/auth/callback?code=1&state=2', headers: PAGE },
  { name: 'callback with a long state', path: `/auth/callback?state=${'x'.repeat(201)}` },
  { name: 'callback with a refusal', path: '/auth/callback?error=access_denied&state=2', headers: PAGE },
  { name: 'no demo users here', method: 'POST', path: '/auth/demo', json: { email: 'starter@example.com' } },
];

const END = { method: 'POST', path: '/auth/backchannel-logout' } as const;
const unsigned = (claims: object): string =>
  `${[{ alg: 'none', typ: 'logout+jwt' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
const ENDS: readonly Step[] = [
  { name: 'an end without a token', ...END },
  { name: 'an end with an empty form', ...END, form: {} },
  { name: 'an end with a token that is none', ...END, form: { logout_token: 'x' } },
  {
    name: 'an end with a token without a signature',
    ...END,
    form: { logout_token: unsigned({ iss: 'x', sub: '1', jti: '1' }) },
  },
  { name: 'an end with a long token', ...END, form: { logout_token: 'x'.repeat(17_000) } },
  ...['person', 'tampered', 'gateway'].map(
    (name): Step => ({
      name: `an end with the access token that is ${name}`,
      ...END,
      body: `logout_token={token:${name}}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  ),
  { name: 'an end as JSON', ...END, json: { logout_token: 'x' } },
  { name: 'an end as a text', ...END, body: 'x', headers: { 'content-type': 'text/plain' } },
  { name: 'an end that is too large', ...END, form: { logout_token: 'x'.repeat(70_000) } },
];

/**
 * @param visitor signs in as somebody who is used for nothing else.
 * @param withOtherSecret runs something while Keycloak has another secret of our client than the service.
 */
export async function askKeycloakSignIn(
  to: Recorder,
  visitor: KeycloakVisitor,
  withOtherSecret: (use: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await to.all(LOGIN);
  const { values } = to.world;
  const begin = await to.ask({ name: 'a sign-in begins', path: '/auth/login?return_to=/activity', headers: PAGE });
  const { cookie, callback } = await visitor.answer(begin);
  values.set('callback', callback);
  await to.ask({ name: 'a callback without the cookie', path: '{callback}', headers: PAGE });
  await to.ask({ name: 'a callback that is spent', path: '{callback}', headers: { ...PAGE, cookie } });
  const again = await to.ask({
    name: 'another sign-in begins',
    path: '/auth/login?return_to=/activity',
    headers: PAGE,
  });
  const second = await visitor.answer(again);
  values.set('callback', second.callback);
  await to.ask({ name: 'a callback', path: '{callback}', headers: { ...PAGE, cookie: second.cookie } });
  await to.ask({ name: 'the same callback again', path: '{callback}', headers: { ...PAGE, cookie: second.cookie } });
  const third = await visitor.answer(await to.ask({ name: 'a third sign-in begins', path: '/auth/login' }));
  values.set('callback', third.callback.replace(/([?&]code=)[^&]*/, '$1made-up'));
  await to.ask({
    name: 'a callback with a code that is made up',
    path: '{callback}',
    headers: { cookie: third.cookie },
  });
  const fourth = await visitor.answer(await to.ask({ name: 'a fourth sign-in begins', path: '/auth/login' }));
  values.set('callback', fourth.callback);
  await withOtherSecret(async () => {
    await to.ask({
      name: 'a callback with another secret',
      path: '{callback}',
      headers: { ...PAGE, cookie: fourth.cookie },
    });
  });
  await to.all(ENDS);
}

/** Keycloak ends what it began: sessions go by its word. */
export async function askBackchannel(to: Recorder, endAtKeycloak: () => Promise<void>): Promise<void> {
  await to.ask({ name: 'before its end at Keycloak', path: '/auth/me', as: 'leaving-keycloak' });
  await endAtKeycloak();
  await to.note('an end that Keycloak sends', 'POST /auth/backchannel-logout by Keycloak');
  await to.ask({ name: 'after its end at Keycloak', path: '/auth/me', as: 'leaving-keycloak' });
}
