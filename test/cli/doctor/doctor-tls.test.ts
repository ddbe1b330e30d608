// What doctor says of TLS files that cannot be read: the variable and the file, not the words of OpenSSL.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { createCertificateAuthority } from '../../support/service/certificates.ts';
import { doctorSays } from '../doctor-planted/planted.ts';

const pair = createCertificateAuthority().issue(['localhost']);
const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('doctor, of TLS files', () => {
  it.each([
    ['a certificate that is no PEM', 'hello', pair.key, 'TLS_CERT_FILE'],
    ['a certificate that is empty', '', pair.key, 'TLS_CERT_FILE'],
    ['a certificate that is broken', BROKEN, pair.key, 'TLS_CERT_FILE'],
    ['a key where the certificate belongs', pair.key, pair.key, 'TLS_CERT_FILE'],
    ['a key that is no PEM', pair.cert, 'hello', 'TLS_KEY_FILE'],
    ['a certificate where the key belongs', pair.cert, pair.cert, 'TLS_KEY_FILE'],
  ])('%s is named by variable and file', async (_, cert, key, variable) => {
    const folder = temporaryFolder();
    const [TLS_CERT_FILE, TLS_KEY_FILE] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(TLS_CERT_FILE, cert);
    writeFileSync(TLS_KEY_FILE, key);
    const said = await doctorSays({ BYOK_DATA_DIR: join(folder, 'new'), TLS_CERT_FILE, TLS_KEY_FILE });
    const file = variable === 'TLS_CERT_FILE' ? TLS_CERT_FILE : TLS_KEY_FILE;
    const ofTls = said.filter((line) => line.startsWith('fail TLS: '));
    expect(ofTls).toContainEqual(expect.stringContaining(`${variable} names ${file}`));
    expect(said.join('\n')).not.toMatch(/error:[0-9A-F]{8}|routines/);
  });

  it('a file that is not there is named as well', async () => {
    const folder = temporaryFolder();
    const said = await doctorSays({
      BYOK_DATA_DIR: join(folder, 'new'),
      TLS_CERT_FILE: '/nowhere/cert.pem',
      TLS_KEY_FILE: '/nowhere/key.pem',
    });
    expect(said).toContainEqual(expect.stringMatching(/^fail TLS: TLS_KEY_FILE names \/nowhere\/key\.pem, .*ENOENT/));
  });
});
