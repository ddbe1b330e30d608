// The part of npm `fernet` 0.4.0 that the tests use; the package ships no types.
declare module 'fernet' {
  interface Secret {
    readonly encryptionKeyHex: string;
  }
  interface TokenOptions {
    readonly secret: Secret;
    readonly token?: string;
    /** Seconds; 0 for no limit. */
    readonly ttl?: number;
    readonly time?: number;
  }
  const fernet: {
    readonly Secret: new (key: string) => Secret;
    readonly Token: new (options: TokenOptions) => { encode(message: string): string; decode(): string };
  };
  export default fernet;
}
