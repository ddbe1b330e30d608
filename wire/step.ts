// One request of the list, as data: what is sent, and as whom.

export interface Step {
  /** A short sentence, of its own within a variant: recordings are compared by it. */
  readonly name: string;
  /** GET unless told. */
  readonly method?: string;
  /** `{names}` that the world knows are filled in, here and in bodies: ids of people, addresses of the fakes. */
  readonly path: string;
  /** Whose session cookie goes along. */
  readonly as?: string | undefined;
  /** Name of the bearer token that goes along. */
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** To the port of internal services. */
  readonly internal?: boolean;
}

export const API = '/api/v1/byok';
export const INTERNAL = `${API}/internal`;

/** Headers of a browser that opens a page. */
export const PAGE = { accept: 'text/html,application/xhtml+xml' } as const;
