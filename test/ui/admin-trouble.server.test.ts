// The administrators' pages in a real browser: who may not see them, what they say in trouble, and whether all can read them.
import { describe, expect, it } from 'vitest';
import { startService } from '../support/service/running-service.ts';
import { adminPage, OVERVIEW } from './admin-page.ts';
import { problemAnswer } from './browser.ts';

const {
  open,
  openAnother,
  close,
  page,
  context,
  axe,
  button,
  comeBack,
  scrollWidth,
  heading,
  link,
  row,
  says,
  saysNoMore,
  address,
} = adminPage();

describe('somebody without the role', () => {
  it.each(['/admin', '/admin/people', '/admin/audit'])('is told so at %s', async (path) => {
    await open({ path: path, tier: 'starter' });
    await says('Only administrators may see this');
    expect(await link('Admin').count()).toBe(0);
    expect(await axe()).toEqual([]);
    await link('Go to your keys').click();
    await heading('Keys').waitFor();
  });

  it('who had it a moment ago is told what the service says', async () => {
    const detail = 'Only administrators may do this. It needs the client role byok-admin.';
    await open({ path: '/activity' });
    await page().route(OVERVIEW, (route) => route.fulfill(problemAnswer(403, 'admin_required', detail)));
    await link('Admin').click();
    await says(detail);
  });
});

describe('with trouble', () => {
  const VIEWS = [
    ['/admin', OVERVIEW, 'The numbers', () => row(/^Keycloak/)],
    ['/admin/audit', /\/admin\/audit/, 'The audit log', () => row(/Signed in/).first()],
  ] as const;

  it.each(VIEWS)('%s says what the service says, and recovers by itself', async (path, calls, what, good) => {
    for (const [status, code, detail] of [
      [503, 'directory_unavailable', 'The user directory cannot be reached right now.'],
      [429, 'rate_limited', 'Too many requests. Wait and try again.'],
    ] as const) {
      await open({ path: '/activity' });
      const answer = problemAnswer(status, code, detail, { 'retry-after': '1' });
      await page().route(calls, (route) =>
        route.request().resourceType() === 'fetch' ? route.fulfill(answer) : route.continue(),
      );
      await page().goto(`${address().origin}${path}`);
      await says(`${what} cannot be shown right now`);
      await says(detail);
      expect(await axe()).toEqual([]);
      await page().unroute(calls);
      await good().waitFor();
      await saysNoMore(detail);
      if (status === 503) await close();
    }
  });

  it('the overview keeps the last numbers, and says that they may be old', async () => {
    await open({ path: '/admin' });
    await row(/^Keycloak/).waitFor();
    await page().route(OVERVIEW, (route) => route.abort());
    await expect
      .poll(async () => {
        await comeBack();
        return page().getByText('This may be out of date').count();
      })
      .toBe(1);
    await says('The service cannot be reached.');
    expect(await row(/^Keycloak/).count()).toBe(1);
    // Another period does not lose them either.
    await page().getByRole('group', { name: 'Period' }).getByText('365 days').click();
    await says('The service cannot be reached.');
    expect(await row(/^Keycloak/).count()).toBe(1);
    await page().unroute(OVERVIEW);
    await saysNoMore('This may be out of date');
  });

  it('people who cannot be looked up right now are not said to be nobody', async () => {
    await open({ path: '/admin/people' });
    await page().route(/\/admin\/users/, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.fulfill(
        problemAnswer(503, 'directory_unavailable', 'The user directory cannot be reached right now.'),
      );
    });
    await page().getByLabel('Search people').fill('ada');
    await says(/takes longer than usual/);
    await says('The user directory cannot be reached right now.');
    expect(
      await page()
        .getByText(/^Nobody fits/)
        .count(),
    ).toBe(0);
    await page().unroute(/\/admin\/users/);
    await says('10 people found');
  });

  it('the overview says when the service is gone, and goes on when it is back', async () => {
    const first = await startService();
    await open({ tier: 'enterprise', path: '/admin' }, first);
    await row(/^Keycloak/).waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await comeBack();
        return page().getByText('The service cannot be reached.').count();
      })
      .toBe(1);
    expect(await row(/^Keycloak/).count()).toBe(1);
    const second = await startService({ PORT: String(first.port) });
    // The embedded default keeps its sessions in memory.
    await page().getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    const other = await openAnother({ context: context(), tier: 'enterprise' }, second);
    await other.close();
    await expect.poll(() => page().getByRole('dialog').count()).toBe(0);
    await saysNoMore('The service cannot be reached.');
    await saysNoMore('This may be out of date');
    await second.stop();
  });

  it('the end of the session leads to sign-in, and back to the same rows', async () => {
    await open({ path: '/admin/audit?action=key.add' });
    await row(/Key added/)
      .first()
      .waitFor();
    await context().clearCookies();
    await button('Verify the chain').click();
    const ended = page().getByRole('dialog', { name: 'Your session has ended' });
    expect(await ended.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toContain(
      `return_to=${encodeURIComponent('/admin/audit?action=key.add')}`,
    );
    const other = await openAnother({ context: context(), tier: 'enterprise' });
    await other.close();
    await expect.poll(() => ended.count()).toBe(0);
    await button('Verify the chain').click();
    await says('The chain is intact');
  });
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await open({ path: '/admin', scheme, width, height: 800 });
  const fits = async (): Promise<void> => {
    expect(await axe()).toEqual([]);
    expect(await scrollWidth()).toBeLessThanOrEqual(width);
  };
  await page()
    .getByRole('img', { name: /^People with keys/ })
    .waitFor();
  await page().getByText('Show the numbers').click();
  await fits();
  const admin = page().getByRole('navigation', { name: 'Admin', exact: true });
  await admin.getByRole('link', { name: 'People' }).click();
  await page().getByLabel('Search people').fill('hugo');
  await row(/Hugo Fontaine/).waitFor();
  await fits();
  await page().getByLabel('Search people').fill('professional@');
  await link('Demo Professional').click();
  await button('Revoke the Groq key').waitFor();
  await fits();
  await admin.getByRole('link', { name: 'Audit log' }).click();
  await row(/Signed in/)
    .first()
    .waitFor();
  await fits();
});
