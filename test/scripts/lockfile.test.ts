// Every package comes by its hash, whatever registry it comes from.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: true; readonly resolved?: string }>>;
};
const entries = Object.entries(packages).filter(([place, { link }]) => place !== '' && !link);

it('every locked package has its SHA-512, those for other platforms too', () => {
  expect(entries.length).toBeGreaterThan(300);
  const without = entries.filter(([, { integrity = '' }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity));
  expect(without.map(([place]) => place)).toEqual([]);
});

it('the lockfile names no other registry than the public one', () => {
  const hosts = entries.flatMap(([, { resolved }]) => (resolved === undefined ? [] : [new URL(resolved).host]));
  expect(hosts.filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
});
