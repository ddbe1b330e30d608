// How a session ends at a service that signs in at Keycloak: part of `sign-in.server.test.ts`, which starts it.
import { describe, expect, it } from 'vitest';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import type { MemoryAuditLog } from '../support/memory/memory-audit-log.ts';
import type { SignInService } from '../support/service/sign-in-service.ts';
import { browsingAt, HOST, JSON_ONLY } from './sign-in-browsing.ts';

export function describeSignOut(service: () => SignInService, auditLog: MemoryAuditLog): void {
  const { me, loginUrl, signIn } = browsingAt(service);

  describe('and out again', () => {
    it('ends the session here and at Keycloak', async () => {
      const browser = createBrowser();
      await signIn(browser);
      const token = String(browser.cookie(HOST, 'byok_session'));
      const answer = await browser.visit(`${service().root}/auth/logout`, { form: {} });
      expect(answer.trail.some((url) => url.startsWith(`${service().realm.url}/protocol/openid-connect/logout`))).toBe(
        true,
      );
      expect(answer.url).toBe(`${service().root}/`);
      expect(browser.cookie(HOST, 'byok_session')).toBeUndefined();
      await expect(service().app.sessions.find(token)).resolves.toBeUndefined();
      const next = await browser.visit(loginUrl());
      expect(next.body).toContain('kc-form-login');
    });

    it('tells a program where to go on', async () => {
      const browser = createBrowser();
      await signIn(browser);
      const answer = await browser.visit(`${service().root}/auth/logout`, { method: 'POST', ...JSON_ONLY });
      const { message, logout_url } = JSON.parse(answer.body);
      expect(message).toBe('Signed out');
      await expect(browser.visit(logout_url)).resolves.toMatchObject({ url: `${service().root}/` });
      await expect(me(browser)).resolves.toMatchObject({ status: 401 });
    });

    it('may be asked for without a session', async () => {
      const answer = await createBrowser().visit(`${service().root}/auth/logout`, { method: 'POST', ...JSON_ONLY });
      expect(answer.status).toBe(200);
    });

    it('follows when an administrator signs the person out of Keycloak', async () => {
      const browsers = [createBrowser(), createBrowser()];
      for (const browser of browsers) await signIn(browser);
      await service().realm.admin('POST', `/users/${service().userId}/logout`);
      for (const browser of browsers) {
        await expect.poll(async () => (await me(browser)).status, { timeout: 10_000 }).toBe(401);
      }
      await expect(service().app.sessions.list(service().userId)).resolves.toEqual([]);
    });

    it('follows for one session only when the person signs out of Keycloak in one browser', async () => {
      const [leaving, staying] = [createBrowser(), createBrowser()];
      await signIn(leaving);
      await signIn(staying);
      const [session] = (await service().app.sessions.list(service().userId)).reverse();
      await leaving.visit(
        `${service().realm.url}/protocol/openid-connect/logout?id_token_hint=${session?.idToken}&client_id=${service().client.clientId}`,
      );
      await expect.poll(async () => (await me(leaving)).status, { timeout: 10_000 }).toBe(401);
      await expect(me(staying)).resolves.toMatchObject({ status: 200 });
      await expect
        .poll(() => auditLog.events.at(-1), { timeout: 10_000 })
        .toMatchObject({
          action: 'session.end',
          outcome: 'ok',
          actor: { kind: 'service', id: 'identity-provider' },
          subject: service().userId,
          details: { ended: 1, how: 'backchannel' },
        });
      expect(auditLog.events.filter(({ details }) => details?.via === 'oidc').length).toBeGreaterThan(1);
    });

    it.each([
      ['no token', {}],
      ['no token but text', { logout_token: 'logout' }],
      ['an unsigned token', { logout_token: 'eyJhbGciOiJub25lIn0.e30.' }],
    ])('refuses a back-channel call with %s', async (_title, form) => {
      const answer = await createBrowser().visit(`${service().root}/auth/backchannel-logout`, { form, ...JSON_ONLY });
      expect(answer.status).toBe(400);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request' });
    });

    it('does not take an ID token for a logout token', async () => {
      const browser = createBrowser();
      await signIn(browser);
      const [session] = await service().app.sessions.list(service().userId);
      const form = { logout_token: String(session?.idToken) };
      await expect(browser.visit(`${service().root}/auth/backchannel-logout`, { form })).resolves.toMatchObject({
        status: 400,
      });
      await expect(me(browser)).resolves.toMatchObject({ status: 200 });
    });
  });
}
