// Administrators looking for people in a real browser, at the keys they have, and revoking one.
import { describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { DISABLED } from '../support/service/page-people.ts';
import { demoClient } from '../support/service/running-service.ts';
import { adminPage } from './admin-page.ts';
import { problemAnswer } from './browser.ts';

const { open, page, world, axe, button, heading, link, row, says, address } = adminPage();

describe('people', () => {
  const search = () => page().getByRole('searchbox', { name: 'Search people' });

  it('are found while typing, by parts of their names and addresses', async () => {
    await open({ path: '/admin/people' });
    await says('Whom are you looking for?');
    await search().pressSequentially('gup ada');
    await says('1 person found');
    await row(/^Ada Gupta ada\.gupta@example\.com/).waitFor();
    await search().fill('hugo.fontaine');
    await search().press('Enter');
    await row(new RegExp(`Hugo Fontaine Disabled ${DISABLED}`)).waitFor();
    await search().fill('nobody at all');
    await says('Nobody fits “nobody at all”');
    await search().fill('');
    await says('Whom are you looking for?');
    // An email address in an address of the page would end up in logs.
    expect(address().search).toBe('');
  });

  it('come twenty at a time', async () => {
    await open({ path: '/admin/people' });
    await search().fill('example.com');
    await says('The first 20 people found');
    await button('Show more people').click();
    await says('The first 40 people found');
    expect(await page().getByRole('table', { name: 'People found' }).getByRole('row').count()).toBe(41);
  });

  it('show which keys they have, and who used them; nothing of the keys', async () => {
    await open({ path: '/admin/people' });
    await search().fill('professional@');
    await link('Demo Professional').click();
    await heading('Demo Professional').waitFor();
    await row(/OpenAI Valid .* by open-webui/).waitFor();
    await row(/Groq Invalid .* Never/).waitFor();
    expect(address().searchParams.get('user')).toMatch(/^[0-9a-f-]{36}$/);
    expect(address().search).not.toContain('professional');
    expect(await page().locator('main').innerHTML()).not.toMatch(/sk-|gsk_|Production/);
    await page().reload();
    await heading('Demo Professional').waitFor();
    await link('What happened to their account').click();
    await heading('Audit log').waitFor();
    await expect.poll(() => page().getByLabel('Concerns').inputValue()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lead back to the search as it was', async () => {
    await open({ path: '/admin/people' });
    await search().fill('ines');
    await link('Ines Ito').click();
    await heading('Ines Ito').waitFor();
    await page().goBack();
    await row(/Ines Ito/).waitFor();
    expect(await search().inputValue()).toBe('ines');
    await link('Ines Brandt').click();
    await link('Back to the search').click();
    await row(/Ines Ito/).waitFor();
  });

  it('who are gone are said to be', async () => {
    await open({ path: '/admin/people?user=nobody' });
    await says('There is no such user.');
  });

  it('lose a key that is revoked after a question, and see that in their activity', async () => {
    const person = await demoClient(world().service, 'starter');
    await person.post(`${API}/keys/add`, { provider: 'cohere', key: world().key('cohere', 'good') });
    const { id } = (await person.get('/auth/me')).body as { id: string };
    await open({ path: `/admin/people?user=${id}` });
    await button('Revoke the Cohere key').click();
    const dialog = page().getByRole('dialog', { name: 'Revoke the Cohere key?' });
    await dialog.getByText(/Services stop getting it within five minutes/).waitFor();
    expect(await axe()).toEqual([]);
    // Enter means the safe answer.
    await page().keyboard.press('Enter');
    await expect.poll(() => dialog.count()).toBe(0);
    expect((await person.get(`${API}/keys`)).body).toHaveLength(1);

    await button('Revoke the Cohere key').click();
    await page().route(/\/revoke$/, (route) =>
      route.fulfill(problemAnswer(409, 'write_conflict', 'Not kept. Try again.')),
    );
    await button('Revoke key').click();
    await dialog.getByText('Not kept. Try again.').waitFor();
    await page().unroute(/\/revoke$/);
    await button('Revoke key').click();
    await says('Demo Starter has no keys stored.');
    await page().getByRole('status').getByText('Cohere key of Demo Starter revoked').waitFor();
    expect((await person.get(`${API}/keys`)).body).toEqual([]);
    const { items } = (await person.get(`${API}/audit?action=admin.revoke`)).body as { items: object[] };
    expect(items).toMatchObject([{ action: 'admin.revoke', provider: 'cohere', actor: { kind: 'user', id: null } }]);
  });
});
