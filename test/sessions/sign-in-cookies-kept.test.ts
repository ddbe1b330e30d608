// Which cookies of begun sign-ins are kept in a browser, to the byte. As a browser sees it: sign-in-cookies.test.ts.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createSignInCookies } from '../../src/sessions/sign-in-cookies.ts';

const NOW = 1_700_000_000_000;
const SIGN_IN = { nonce: 'n', codeVerifier: 'v', returnTo: '/long' };
const NAME_LENGTH = 'byok_sign_in_'.length + 11;
/** In front of what is sealed: when it ends, in base 36, and a dot. */
const UNTIL_LENGTH = 9;

const requestWith = (cookie: string) => ({ headers: { cookie } }) as FastifyRequest;
/** A cookie's value that ends so many seconds from now. */
const ending = (seconds: number, rest = 'x') => `${(NOW + seconds * 1000).toString(36)}.${rest}`;

/** Cookies whose sealed part is so long, and what one more of them sets and takes away beside those of a header. */
function kept({ sealedLength = 100, header = '', basePath = '' }) {
  const set: { name: string; value: string }[] = [];
  const cleared: string[] = [];
  const reply = {
    setCookie: (name: string, value: string) => set.push({ name, value }),
    clearCookie: (name: string) => cleared.push(name),
  } as unknown as FastifyReply;
  const sealed = {
    // The first page is short, every other path is long.
    seal: (text: string) => (text.includes('/long') ? 'x'.repeat(sealedLength) : text),
    open: (text: string) => text,
  };
  const cookies = createSignInCookies({ secure: false, basePath, sealed, now: () => NOW });
  cookies.keep(requestWith(header), reply, 'state-1', SIGN_IN);
  return { cleared, ...(set[0] ?? { name: '', value: '' }) };
}

describe('a begun sign-in', () => {
  const longest = 3_500 - NAME_LENGTH - UNTIL_LENGTH;

  it('goes back to its path where its cookie is of 3,500 bytes, and to the first page where it is of more', () => {
    const { name, value } = kept({ sealedLength: longest });
    expect(name.length + value.length).toBe(3_500);
    expect(kept({ sealedLength: longest + 1 }).value).toBe(ending(600, '["n","v","/"]'));
    expect(kept({ sealedLength: longest + 1, basePath: '/byok' }).value).toBe(ending(600, '["n","v","/byok/"]'));
  });

  it('is over at the moment that it ends', () => {
    const find = (now: number) => {
      const sealed = { seal: (text: string) => text, open: () => '["n","v","/"]' };
      const cookies = createSignInCookies({ secure: false, basePath: '', sealed, now: () => now });
      return cookies.find(requestWith(`${kept({}).name}=${ending(600)}`), 'state-1');
    };
    expect(find(NOW + 599_999)).toEqual({ nonce: 'n', codeVerifier: 'v', returnTo: '/' });
    expect(find(NOW + 600_000)).toBeUndefined();
  });

  it('is none where another version has sealed something else', () => {
    const open = (text: string) => {
      const sealed = { seal: () => '', open: () => text };
      const cookies = createSignInCookies({ secure: false, basePath: '', sealed, now: () => NOW });
      return cookies.find(requestWith(`${kept({}).name}=${ending(600)}`), 'state-1');
    };
    for (const text of ['null', '{}', '["n","v"]', '["n","v",7]', '["n","v","/","x"]'])
      expect(open(text), text).toBeUndefined();
  });
});

describe('where there is no room, one more begun sign-in', () => {
  it('takes nothing away but sign-ins of ours', () => {
    const others = Array.from({ length: 12 }, (_, index) => `other_${index}=${'x'.repeat(1_000)}`);
    expect(kept({ header: others.join('; ') }).cleared).toEqual([]);
  });

  it('leaves those that have room to the byte', () => {
    const own = NAME_LENGTH + UNTIL_LENGTH + 100;
    const name = 'byok_sign_in_a';
    const value = ending(60, 'x'.repeat(7_000 - own - name.length - UNTIL_LENGTH));
    expect(kept({ header: `${name}=${value}` }).cleared).toEqual([]);
    expect(kept({ header: `${name}=${value}x` }).cleared).toEqual([name]);
  });

  it('takes those away that end first; what nobody can read has no end', () => {
    const five = [ending(50), ending(10), ending(40), ending(20), ending(30)];
    const header = five.map((value, index) => `byok_sign_in_${index}=${value}`);
    expect(kept({ header: header.join('; ') }).cleared).toEqual(['byok_sign_in_1']);
    const unreadable = ['', '.x', 'x', `!${ending(90)}`, `${'z'.repeat(11)}.x`, ending(90).toUpperCase()];
    for (const value of unreadable) {
      const all = [`byok_sign_in_junk=${value}`, ...header.slice(0, 4)].join('; ');
      expect(kept({ header: all }).cleared, value).toEqual(['byok_sign_in_junk']);
    }
  });

  it('counts a name that came twice by the longer and by the later', () => {
    const four = [40, 30, 20].map((seconds, index) => `byok_sign_in_${index}=${ending(seconds)}`);
    const later = [...four, `byok_sign_in_two=${ending(50)}`, `byok_sign_in_two=${ending(5)}`];
    expect(kept({ header: [...later, `byok_sign_in_four=${ending(10)}`].join('; ') }).cleared).toEqual([
      'byok_sign_in_four',
    ]);
    const longer = `byok_sign_in_two=${ending(50)}; byok_sign_in_two=${ending(50, 'x'.repeat(7_000))}`;
    expect(kept({ header: longer }).cleared).toEqual(['byok_sign_in_two']);
  });
});
