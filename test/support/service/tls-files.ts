// Certificate and key of this machine as files, as TLS_CERT_FILE and TLS_KEY_FILE want them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownedFolder } from '../programs/temporary-folder.ts';
import { createCertificateAuthority } from './certificates.ts';

export interface TlsFiles {
  readonly env: { readonly TLS_CERT_FILE: string; readonly TLS_KEY_FILE: string };
  /** PEM of the authority, for clients. */
  readonly ca: string;
  remove(): void;
}

export function createTlsFiles(): TlsFiles {
  const { path, remove } = ownedFolder();
  const authority = createCertificateAuthority();
  const { cert, key } = authority.issue(['127.0.0.1', 'localhost']);
  const env = { TLS_CERT_FILE: join(path, 'cert.pem'), TLS_KEY_FILE: join(path, 'key.pem') };
  writeFileSync(env.TLS_CERT_FILE, cert);
  writeFileSync(env.TLS_KEY_FILE, key, { mode: 0o600 });
  return { env, ca: authority.cert, remove };
}
