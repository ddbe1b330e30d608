// Sends the requests of a variant of the service one after the other, and writes down what came of each.
import { recordAnswer } from './answer.ts';
import type { Effects } from './effects.ts';
import { type Reply, type Sent, send, sendRaw } from './http-call.ts';
import { createNormalise, type Normalise } from './normalise.ts';
import type { Entry, Json } from './recording.ts';
import type { Service } from './service.ts';
import type { Step } from './step.ts';

/** What is known of the run: credentials, and what `{names}` in requests stand for. */
export interface World {
  /** Cookie header by person. */
  readonly cookies: Map<string, string>;
  readonly bearers: Map<string, string>;
  readonly values: Map<string, string>;
  /** What varies from run to run → what it is recorded as. */
  readonly known: Map<string, string>;
  /** Id of a request → its name. */
  readonly requests: Map<string, string>;
  readonly normalise: Normalise;
}

export function createWorld(): World {
  const known = new Map<string, string>();
  const requests = new Map<string, string>();
  const normalise = createNormalise({ words: known, requests });
  return { cookies: new Map(), bearers: new Map(), values: new Map(), known, requests, normalise };
}

export interface Recorder {
  readonly world: World;
  ask(step: Step): Promise<Reply>;
  /** Asks without writing it down. */
  peek(step: Step): Promise<Reply>;
  all(steps: readonly Step[]): Promise<void>;
  /** Bytes that are no proper request. */
  raw(name: string, text: string, waitMs?: number): Promise<void>;
  /** The same, to be written down when what is returned is called. */
  rawLater(name: string, text: string, waitMs: number): () => Promise<void>;
  /** Something else than an answer, such as what a command has left behind. */
  note(name: string, request: string, seen?: Json): Promise<void>;
  /** Takes what was written past the service for granted. */
  settle(): Promise<void>;
}

interface RecorderOptions {
  /** Store and variant. */
  readonly prefix: string;
  readonly service: Service;
  readonly effects: Effects;
  readonly world: World;
  readonly onEntry: (entry: Entry) => void;
}

export function createRecorder({ prefix, service, effects, world, onEntry }: RecorderOptions): Recorder {
  const { normalise, requests } = world;
  const names = new Set<string>();
  const write = async (name: string, request: string, seen: Json): Promise<void> => {
    if (names.has(name)) throw new Error(`two requests are called "${name}"`);
    names.add(name);
    onEntry({ name: `${prefix}: ${name}`, request: String(normalise(request)), seen });
  };
  /** Later answers name earlier requests. */
  const learnId = (name: string, id: string | undefined): void => {
    if (id !== undefined) requests.set(id, name);
  };
  const withEffects = async (seen: object, mayWrite = true): Promise<Json> => ({
    ...seen,
    ...(await effects.take(mayWrite)),
  });

  const peek = (step: Step): Promise<Reply> => {
    const { method = 'GET', internal = false } = step;
    const port = internal ? service.internalPort : service.port;
    return send(port, { method, path: pathOf(step), ...contentOf(step, world) });
  };
  const pathOf = (step: Step): string => `${service.basePath}${fill(step.path, world.values)}`;
  const ask = async (step: Step): Promise<Reply> => {
    const { name, method = 'GET' } = step;
    const path = pathOf(step);
    const reply = await peek(step);
    learnId(name, reply.headers.find(([header]) => header === 'x-request-id')?.[1]);
    const built = /^\/ui\//.test(path.slice(service.basePath.length)) && reply.status < 400;
    const seen = recordAnswer(reply, { normalise, built }) as object;
    const mayWrite = !/^(?:GET|HEAD|OPTIONS)$/.test(method) && ![401, 404, 405].includes(reply.status);
    const who = step.as ?? step.bearer;
    await write(name, `${method} ${path}${who === undefined ? '' : ` as ${who}`}`, await withEffects(seen, mayWrite));
    return reply;
  };

  const rawLater = (name: string, text: string, waitMs: number) => {
    const coming = sendRaw(service.port, text, waitMs);
    return async () => {
      const answer = await coming;
      learnId(name, /^x-request-id: (.*)$/im.exec(answer)?.[1]);
      const lines = answer.split('\r\n').map((line) => line.replace(/^(content-length): \d+$/i, '$1: <length>'));
      await write(name, JSON.stringify(text.slice(0, 60)), await withEffects({ raw: normalise(lines) }));
    };
  };

  return {
    world,
    ask,
    peek,
    async all(steps) {
      for (const step of steps) await ask(step);
    },
    raw: (name, text, waitMs = 3000) => rawLater(name, text, waitMs)(),
    rawLater,
    async note(name, request, seen = null) {
      await write(name, request, await withEffects({ noted: normalise(seen) }));
    },
    settle: async () => void (await effects.take(true)),
  };
}

function contentOf(step: Step, { cookies, bearers, values }: World): Pick<Sent, 'headers' | 'body'> {
  const headers: Record<string, string> = { host: `localhost:${values.get('port')}` };
  const cookie = step.as === undefined ? undefined : given(cookies, step.as);
  const bearer = step.bearer === undefined ? undefined : given(bearers, step.bearer);
  if (cookie !== undefined) headers.cookie = cookie;
  if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
  const [type, body] = bodyOf(step);
  if (type !== undefined) headers['content-type'] = type;
  for (const [name, value] of Object.entries(step.headers ?? {})) headers[name] = fill(value, values);
  return { headers, body: body === undefined ? undefined : fill(body, values) };
}

function bodyOf({ json, form, body }: Step): [type: string | undefined, body: string | undefined] {
  if (json !== undefined) return ['application/json', JSON.stringify(json)];
  if (form !== undefined) return ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()];
  return [undefined, body];
}

function given(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new Error(`there is nobody called ${name}`);
  return value;
}

const fill = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\{([\w:.-]+)\}/g, (whole, name: string) => values.get(name) ?? whole);
