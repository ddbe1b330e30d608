// Somebody at Keycloak's login form: as much of a browser as that needs.
import { request } from 'undici';
import type { Reply } from '../http-call.ts';

export interface SignInAnswer {
  /** What the browser sends to the service from now on. */
  readonly cookie: string;
  /** Path and query at the service that Keycloak sends the browser to. */
  readonly callback: string;
}

export interface KeycloakVisitor {
  /** Goes where the service's answer leads, signs in, and comes back. */
  answer(begun: Reply): Promise<SignInAnswer>;
}

/** A fresh browser each time: Keycloak asks anew. */
export const createVisitor = (person: { email: string; password: string }): KeycloakVisitor => ({
  async answer(begun) {
    const header = (name: string): string => begun.headers.find(([one]) => one === name)?.[1] ?? '';
    const page = await request(header('location'));
    const body = await page.body.text();
    const action = /id="kc-form-login"[^>]*action="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    if (action === undefined) throw new Error(`Keycloak shows no login form: ${body.slice(0, 500)}`);
    const form = { username: person.email, password: person.password, credentialId: '' };
    const sent = await request(action, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: [page.headers['set-cookie'] ?? []]
          .flat()
          .map((line) => line.split(';', 1)[0])
          .join('; '),
      },
      body: new URLSearchParams(form).toString(),
    });
    await sent.body.dump();
    const { pathname, search } = new URL(String(sent.headers.location));
    return { cookie: header('set-cookie').split(';', 1)[0] ?? '', callback: `${pathname}${search}` };
  },
});
