// A row of the audit log as a sentence for the person whose keys these are. Plain TypeScript: words in, words out.
import type { components } from '../api/schema.ts';
import { serviceName } from '../components/service-name.ts';
import { insteadWords, reasonWords, testWords } from './activity-reasons.ts';

export type ActivityRow = components['schemas']['AuditRow'];

/** Who reads it, and what they call the providers. */
export interface Reader {
  readonly id: string;
  readonly providerName: (id: string) => string;
}

interface Words {
  /** What was done: `You added a key for Groq`. */
  readonly done: (told: Told) => string;
  /** What was not: `You tried to …`. */
  readonly tried: (told: Told) => string;
  /** Where a refusal or a failure reads better in another way. */
  readonly not?: (told: Told, why: string) => string;
}

interface Told {
  readonly who: string;
  /** `your Groq key`, `somebody’s Groq key`. */
  readonly key: string;
  /** `Groq`; `a provider` where the row names none. */
  readonly provider: string;
  /** `your`, or `somebody’s`. */
  readonly whose: string;
  readonly row: ActivityRow;
  /** A word or number of the row's details; '' where there is none. */
  readonly detail: (name: string) => string;
}

const tier = (word: string): string => word.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
const count = (number: string, one: string): string => `${number} ${number === '1' ? one : `${one}s`}`;

const because = (why: string): string => (why === '' ? '' : `: ${why}`);
const inBrackets = (why: string): string => (why === '' ? '' : ` (${why})`);

/** How somebody's sessions ended, by `details.how`. */
const ENDED: Readonly<Record<string, (told: Told) => string>> = {
  sign_out: ({ who }) => `${who} signed out`,
  replaced: ({ who }) => `${who} signed in again, which ended the session before`,
  one: ({ who, whose }) => `${who} ended one of ${whose} sessions`,
  all: ({ who, detail }) =>
    `${who} signed out everywhere${detail('ended') === '' ? '' : ` (${count(detail('ended'), 'session')})`}`,
  backchannel: ({ whose }) => `The sign-in service ended ${whose} sessions`,
};

/** What an administrator looked at, by `details.what`. */
const READ: Readonly<Record<string, (told: Told) => string>> = {
  keys: ({ who, whose, row }) =>
    `${who} looked at which keys ${whose === 'your' ? 'you have' : 'somebody has'}${row.subject === null ? '' : ', not at the keys themselves'}`,
  users: ({ who }) => `${who} looked for people`,
  audit: ({ who, whose, row }) =>
    row.subject === null ? `${who} looked into the audit log` : `${who} looked at ${whose} activity`,
};

/** One entry an action. */
const ACTIONS: Readonly<Record<string, Words>> = {
  'key.add': {
    done: ({ who, provider }) => `${who} added a key for ${provider}`,
    tried: ({ provider }) => `add a key for ${provider}`,
  },
  'key.replace': {
    done: ({ who, key }) => `${who} replaced ${key}`,
    tried: ({ key }) => `replace ${key}`,
  },
  'key.change': {
    done: (told) => `${told.who} ${changes(told)} ${told.key}`,
    tried: ({ key }) => `change ${key}`,
  },
  'key.delete': {
    done: ({ who, key, provider, detail }) =>
      detail('removed') === 'false'
        ? `${who} asked to delete a key for ${provider}; there was none`
        : `${who} deleted ${key}`,
    tried: ({ key }) => `delete ${key}`,
  },
  'key.test': {
    done: (told) => `${subjectOfTest(told)}: ${testWords('valid')}`,
    tried: ({ key }) => `test ${key}`,
    not: (told, why) =>
      told.row.outcome === 'refused' || told.detail('status') === ''
        ? `${told.who} tried to test ${told.key}${because(why)}`
        : `${subjectOfTest(told)}: ${testWords(told.detail('status'))}${inBrackets(why)}`,
  },
  'key.release': {
    done: ({ who, key, provider, detail, row }) =>
      detail('source') === 'system'
        ? `${who} used the platform’s ${provider} key for you${row.reason === null ? '' : `: ${insteadWords(row.reason)}`}`
        : `${who} used ${key}`,
    tried: ({ key }) => `use ${key}`,
    not: ({ who, key, provider, row }, why) =>
      row.reason === 'no_key'
        ? `${who} asked for a key for ${provider}${because(why)}`
        : `${who} ${row.outcome === 'refused' ? 'was refused' : 'could not get'} ${key}${because(why)}`,
  },
  'session.start': { done: ({ who }) => `${who} signed in`, tried: () => 'sign in' },
  'session.end': {
    done: (told) => (ENDED[told.detail('how')] ?? (() => `One of ${told.whose} sessions ended`))(told),
    tried: ({ whose }) => `end one of ${whose} sessions`,
  },
  'tier.set': {
    done: ({ who, whose, detail }) => {
      const before = detail('previous_tier');
      const from = before === '' || before === 'none' ? '' : ` from ${tier(before)}`;
      return `${who} changed ${whose} tier${from} to ${tier(detail('tier'))}`;
    },
    tried: ({ whose, detail }) => `change ${whose} tier to ${tier(detail('tier'))}`,
  },
  'usage.reset': {
    done: ({ who, whose }) => `${who} set ${whose} count of calls back to zero`,
    tried: ({ whose }) => `set ${whose} count of calls back to zero`,
  },
  'service_token.create': {
    done: ({ who, detail }) => `${who} made the service token ${detail('name')}`,
    tried: ({ detail }) => `make the service token ${detail('name')}`,
  },
  'service_token.revoke': {
    done: ({ who, detail }) => `${who} revoked the service token ${detail('name')}`,
    tried: ({ detail }) => `revoke the service token ${detail('name')}`,
  },
  'admin.read': {
    done: (told) => (READ[told.detail('what')] ?? (() => `${told.who} looked into the service`))(told),
    tried: () => 'look at what administrators see',
  },
  'admin.revoke': {
    done: ({ who, key, detail }) =>
      detail('removed') === 'false' ? `${who} asked to remove ${key}; there was none` : `${who} removed ${key}`,
    tried: ({ key }) => `remove ${key}`,
  },
  'audit.export': {
    done: ({ who, whose, row }) =>
      row.subject === null ? `${who} exported the audit log` : `${who} exported ${whose} activity`,
    tried: () => 'export the audit log',
  },
  'audit.verify': {
    done: ({ who }) => `${who} checked the audit log: it is as it was written`,
    tried: () => 'check the audit log',
    not: ({ who, row }, why) =>
      row.outcome === 'refused'
        ? `${who} tried to check the audit log${because(why)}`
        : `${who} checked the audit log: it is not as it was written${inBrackets(why)}`,
  },
  'audit.checkpoint': {
    done: ({ who }) => `${who} removed old rows from the audit log`,
    tried: () => 'remove old rows from the audit log',
  },
  'audit.erase': {
    done: ({ who, whose }) => `${who} erased ${whose} personal data from the audit log`,
    tried: ({ whose }) => `erase ${whose} personal data from the audit log`,
  },
  'audit.restored': {
    done: ({ who }) => `${who} recorded that the audit log was restored from a backup`,
    tried: () => 'record that the audit log was restored from a backup',
  },
  'audit.format': {
    done: ({ who }) => `${who} put the audit log under stricter rules`,
    tried: () => 'put the audit log under stricter rules',
  },
  'master_key.begun': {
    done: ({ who }) => `${who} began to use another encryption key`,
    tried: () => 'begin to use another encryption key',
  },
  'master_key.finished': {
    done: ({ who }) => `${who} finished the change to another encryption key`,
    tried: () => 'finish the change to another encryption key',
  },
};

/** Without a full stop. Actions and reasons that this page does not know yet are told by their own words. */
export function sentenceOf(row: ActivityRow, reader: Reader): string {
  const told = toldOf(row, reader);
  const known = row.action.replaceAll(/[._]/g, ' ');
  const words = ACTIONS[row.action] ?? { done: ({ who }: Told) => `${who}: ${known}`, tried: () => known };
  if (row.outcome === 'ok') return words.done(told);
  const why = row.reason === null ? '' : reasonWords(row.reason);
  if (words.not !== undefined) return words.not(told, why);
  const unsure = row.outcome === 'failed' ? ', and it is not certain whether that worked' : '';
  return `${told.who} tried to ${words.tried(told)}${unsure}${because(why)}`;
}

export const knowsAction = (action: string): boolean => Object.hasOwn(ACTIONS, action);

function toldOf(row: ActivityRow, { id, providerName }: Reader): Told {
  const isOwn = row.subject === id || (row.subject === null && row.actor.id === id);
  const whose = isOwn ? 'your' : 'somebody’s';
  const name = row.provider === null ? undefined : providerName(row.provider);
  return {
    who: actorOf(row, id),
    key: name === undefined ? `${whose} key` : `${whose} ${name} key`,
    provider: name ?? 'a provider',
    whose,
    row,
    detail: (word) => String(row.details?.[word] ?? ''),
  };
}

/** Other people's names are not for this person to know; only administrators act on the keys of others. */
function actorOf({ actor, action }: ActivityRow, id: string): string {
  if (actor.kind === 'service') return actor.id === null ? 'A service' : serviceName(actor.id);
  if (actor.kind === 'operator') return 'An operator of the service';
  if (actor.kind === 'system') return actor.id === 'anonymous' ? 'Somebody who was not signed in' : 'The service';
  if (actor.id === id) return 'You';
  return /^(?:admin|audit)\./.test(action) ? 'An administrator' : 'Somebody else';
}

const subjectOfTest = ({ key, provider, detail }: Told): string =>
  detail('stored') === 'false' ? `A test of a new key for ${provider}` : `A test of ${key}`;

function changes({ detail }: Told): string {
  const done = [
    detail('enabled') === 'true' && 'turned on',
    detail('enabled') === 'false' && 'turned off',
    detail('label') !== '' && 'renamed',
    detail('key') !== '' && 'replaced',
    detail('endpoint') !== '' && 'changed the endpoint of',
  ].filter((one) => one !== false);
  return done.length === 0 ? 'changed' : done.join(' and ');
}
