// `byok service-token` in a process of its own, on the database of a running service and without one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../support/database/data-folder.ts';
import { runProgram } from '../support/programs/run-program.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

const TOKEN = /^byok_st_[A-Za-z0-9_-]{43}$/m;
const ASK = { user: { email: 'starter@example.com' }, provider: 'openai' };

describe('byok service-token', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service?.stop());

  const byok = (args: string, folder = service.config.dataDir) =>
    runProgram(process.execPath, ['src/cli.ts', 'service-token', ...args.split(' ')], {
      folder: process.cwd(),
      env: { BYOK_DATA_DIR: folder },
    });
  const statusOf = async (token: string) => (await service.serviceClient(token).post('/keys/resolve', ASK)).status;

  it('makes, lists and revokes a token beside the running service', async () => {
    const made = await byok('create --name webui --scopes resolve,usage --providers openai,groq --expires 90d');
    expect(made.errors).toContain('It is not shown again');
    expect(made.status).toBe(0);
    const [token = ''] = TOKEN.exec(made.output) ?? [];
    expect(made.output.trim()).toBe(token);
    expect(await statusOf(token)).toBe(404);

    const again = await byok('create --name webui --scopes usage --expires 1d');
    expect(again).toMatchObject({ status: 1, output: '' });
    expect(again.errors).toContain('There is a service token named webui already.');

    const listed = await byok('list');
    expect(listed.output).toMatch(/^webui {2}resolve,usage {2}openai,groq {2}until 20\d\d-/m);
    expect(listed.output).not.toContain('byok_st_');

    expect((await byok('revoke webui')).output).toBe('webui is revoked.\n');
    await expect.poll(() => statusOf(token), { timeout: 10_000, interval: 200 }).toBe(401);
    expect((await byok('revoke webui')).errors).toContain(
      'There is no service token named webui that could be revoked.',
    );
    expect((await byok('list')).output).toContain('revoked 20');
  });

  it.concurrent.each([
    ['create --name webui --scopes resolve', '--expires'],
    ['create --name webui --scopes all --expires 90d', 'Give one or more of resolve, usage, tier'],
    ['create --name webui --scopes resolve --expires yesterday', 'Give a number of days such as 90d'],
    ['create --name Web/UI --scopes resolve --expires 90d', 'It is made of a-z'],
    ['create --name webui --scopes resolve --providers nope --expires 90d', 'Give one or more of openai'],
  ])('%s is refused', async (args, why) => {
    const { status, errors, output } = await byok(args);
    expect(errors).toContain(why);
    expect({ status, output }).toEqual({ status: 1, output: '' });
  });

  it('works without a running service', async () => {
    const folder = await dataFolder();
    const { status, output } = await byok(
      'create --create --name webui --scopes tier --expires 2099-01-31'.replace(
        '2099',
        String(new Date().getFullYear() + 1),
      ),
      folder,
    );
    expect({ status, is: TOKEN.test(output) }).toEqual({ status: 0, is: true });
  });
});
