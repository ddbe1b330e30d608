// Each check of a logout token alone: everything else about the token is right.
import type { JWTPayload } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { CLIENT_ID, createSigner, ISSUER, secondsNow as seconds } from './signed-tokens.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const refused = { code: 'invalid_request', status: 400 };

let signer: Awaited<ReturnType<typeof createSigner>>;
beforeAll(async () => {
  signer = await createSigner();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let count = 0;
const good = (): JWTPayload => ({
  iss: ISSUER,
  aud: CLIENT_ID,
  iat: seconds(),
  exp: seconds() + 120,
  jti: `jti-${count++}`,
  events: { [EVENT]: {} },
  sid: 'session-1',
  sub: 'user-1',
});
const sign = (changes: object = {}, { header = {}, ...options }: Parameters<typeof signer.sign>[1] = {}) =>
  signer.sign({ ...good(), ...changes }, { ...options, header: { typ: 'logout+jwt', ...header } });
const verifier = () => signer.verifier();

describe('a logout token', () => {
  it('is believed where everything is right, with the session, the person, or both', async () => {
    const check = verifier();
    const both = { providerSessionId: 'session-1', userId: 'user-1' };
    await expect(check.verifyLogoutToken(await sign())).resolves.toEqual(both);
    await expect(check.verifyLogoutToken(await sign({ aud: ['other', CLIENT_ID] }))).resolves.toEqual(both);
    await expect(check.verifyLogoutToken(await sign({ sub: undefined }))).resolves.toMatchObject({ userId: undefined });
    await expect(check.verifyLogoutToken(await sign({ sid: undefined }))).resolves.toMatchObject({ userId: 'user-1' });
  });

  it.each<[string, object]>([
    ['another issuer', { iss: 'https://auth.example.test/realms/other' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['no event', { events: undefined }],
    ['another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['an event that is no object', { events: { [EVENT]: true } }],
    ['events in a list', { events: [EVENT] }],
    ['a nonce', { nonce: 'n' }],
    ['an empty nonce', { nonce: '' }],
    ['no time', { iat: undefined }],
    ['a time to come', { iat: seconds() + 60 }],
    ['an old time', { iat: seconds() - 320, exp: seconds() + 60 }],
    ['no end', { exp: undefined }],
    ['an end that is past', { exp: seconds() - 10 }],
    ['no id', { jti: undefined }],
    ['neither session nor person', { sid: undefined, sub: undefined }],
    ['an empty session', { sid: '' }],
    ['an empty person', { sub: '' }],
    ['a session that is no text', { sid: 7 }],
  ])('is refused for %s alone', async (_what, changes) => {
    await expect(verifier().verifyLogoutToken(await sign(changes))).rejects.toMatchObject(refused);
  });

  it.each<[string, object]>([
    ['another type', { typ: 'JWT' }],
    ['the type of access tokens', { typ: 'at+jwt' }],
    ['no type', { typ: undefined }],
  ])('is refused for %s alone', async (_what, header) => {
    await expect(verifier().verifyLogoutToken(await sign({}, { header }))).rejects.toMatchObject(refused);
  });

  it('is refused for a signature of another key alone', async () => {
    await expect(verifier().verifyLogoutToken(await sign({}, { key: signer.foreignKey }))).rejects.toMatchObject(
      refused,
    );
  });

  it('is refused for an algorithm that the realm does not offer alone', async () => {
    const check = signer.verifier({ realm: async () => ({ ...signer.realm, algorithms: ['RS256'] }) });
    await expect(check.verifyLogoutToken(await sign())).rejects.toMatchObject(refused);
  });

  it('is good with an id that another had, once that one could not count any more', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const check = verifier();
    await check.verifyLogoutToken(await sign({ jti: 'again', exp: seconds() + 20 }));
    vi.advanceTimersByTime(27_000);
    now += 27_000;
    await expect(check.verifyLogoutToken(await sign({ jti: 'again' }))).resolves.toMatchObject({ userId: 'user-1' });
  });

  it('is refused a second time alone, for as long as it could count', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const wait = (ms: number): void => {
      vi.advanceTimersByTime(ms);
      now += ms;
    };
    const check = verifier();
    const [long, short] = [await sign({ exp: seconds() + 290 }), await sign({ exp: seconds() + 20 })];
    await check.verifyLogoutToken(long);
    await check.verifyLogoutToken(short);
    // Clocks may differ by five seconds: until then it would be good.
    wait(24_000);
    const usedBefore = { ...refused, message: 'token refused: logout token used before' };
    await expect(check.verifyLogoutToken(short)).rejects.toMatchObject(usedBefore);
    wait(256_000);
    await expect(check.verifyLogoutToken(long)).rejects.toMatchObject(usedBefore);
    await expect(check.verifyLogoutToken(await sign())).resolves.toMatchObject({ userId: 'user-1' });
  });

  it('is refused without a look at it where it is longer than any of Keycloak’s', async () => {
    let asked = 0;
    const check = signer.verifier({
      async realm() {
        asked += 1;
        return signer.realm;
      },
    });
    const token = await sign({ padding: 'x'.repeat(20_000) });
    const tooLong = { ...refused, message: 'token refused: token too long' };
    await expect(check.verifyLogoutToken(token)).rejects.toMatchObject(tooLong);
    await expect(check.verifyLogoutToken('x'.repeat(16_385))).rejects.toMatchObject(tooLong);
    expect(asked).toBe(0);
    await expect(check.verifyLogoutToken('x'.repeat(16_384))).rejects.not.toMatchObject(tooLong);
  });

  it('is not used up by one of the same id that was refused', async () => {
    const check = verifier();
    await expect(
      check.verifyLogoutToken(await sign({ jti: 'same' }, { key: signer.foreignKey })),
    ).rejects.toMatchObject(refused);
    await expect(check.verifyLogoutToken(await sign({ jti: 'same', nonce: 'n' }))).rejects.toMatchObject(refused);
    await expect(check.verifyLogoutToken(await sign({ jti: 'same' }))).resolves.toMatchObject({ userId: 'user-1' });
  });
});

describe('a realm that could not be read', () => {
  it('is read again: one failure is not for ever, and many tokens make one attempt a second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let asked = 0;
    const check = signer.verifier({
      async realm() {
        asked += 1;
        if (asked === 1) throw new ByokError('directory_unavailable');
        return signer.realm;
      },
    });
    for (let round = 0; round < 20; round += 1)
      await expect(check.verifyLogoutToken(await sign())).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(asked).toBe(1);
    vi.advanceTimersByTime(1000);
    await expect(check.verifyLogoutToken(await sign())).resolves.toMatchObject({ userId: 'user-1' });
  });
});
