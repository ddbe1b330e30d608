// Signing in as a demo user: the embedded default only.
import type { Recorder } from '../recorder.ts';
import { PAGE, type Step } from '../step.ts';

const DEMO = { method: 'POST', path: '/auth/demo' } as const;

const STEPS: readonly Step[] = [
  { name: 'sign-in page', path: '/auth/login', headers: PAGE },
  { name: 'sign-in page for a program', path: '/auth/login' },
  { name: 'sign-in page that leads back', path: '/auth/login?return_to=%2Factivity%3Fa%3D1%26b%3D%22', headers: PAGE },
  { name: 'sign-in page that leads away', path: '/auth/login?return_to=https://elsewhere.example', headers: PAGE },
  { name: 'sign-in page that leads away by slashes', path: '/auth/login?return_to=//elsewhere.example' },
  { name: 'sign-in page that leads back to a long address', path: `/auth/login?return_to=/${'x'.repeat(2000)}` },
  { name: 'signing in', ...DEMO, json: { email: 'starter@example.com' } },
  { name: 'signing in as an administrator, in capitals', ...DEMO, json: { email: ' Enterprise@Example.com ' } },
  {
    name: 'signing in with a browser’s name',
    ...DEMO,
    json: { email: 'trial@example.com' },
    headers: { 'user-agent': 'Mozilla/5.0' },
  },
  {
    name: 'signing in by the form',
    ...DEMO,
    form: { email: 'starter@example.com', return_to: '/activity?a=1' },
    headers: PAGE,
  },
  { name: 'signing in by the form without a way back', ...DEMO, form: { email: 'starter@example.com' } },
  {
    name: 'signing in by the form to elsewhere',
    ...DEMO,
    form: { email: 'starter@example.com', return_to: '//elsewhere.example' },
    headers: PAGE,
  },
  { name: 'signing in beside a session', ...DEMO, as: 'beside', json: { email: 'professional@example.com' } },
  { name: 'the session that was beside it', path: '/auth/me', as: 'beside' },
  { name: 'signing in as nobody', ...DEMO, json: { email: 'nobody@example.com' } },
  { name: 'signing in as nobody, by the form', ...DEMO, form: { email: 'nobody@example.com' }, headers: PAGE },
  { name: 'signing in as no text', ...DEMO, json: { email: 7 } },
  { name: 'signing in without an email', ...DEMO, json: {} },
  { name: 'signing in without a body', ...DEMO },
  { name: 'signing in with a text', ...DEMO, body: 'x', headers: { 'content-type': 'text/plain' } },
  { name: 'signing in with broken JSON', ...DEMO, body: '{', headers: { 'content-type': 'application/json' } },
  {
    name: 'signing in from this site',
    ...DEMO,
    json: { email: 'starter@example.com' },
    headers: { origin: '{origin}' },
  },
  { name: 'no answer of Keycloak is expected here', path: '/auth/callback?code=1&state=2', headers: PAGE },
  {
    name: 'no end of a session at Keycloak is expected here',
    method: 'POST',
    path: '/auth/backchannel-logout',
    form: { logout_token: 'x' },
  },
];

export const askDemoSignIn = (to: Recorder): Promise<void> => to.all(STEPS);
