// Throw-away certificates for tests, built by hand (RFC 5280) because node:crypto signs but has no certificate builder
// and a bare machine has no openssl.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const OID = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  keyUsage: '0603551d0f',
  subjectAltName: '0603551d11',
} as const;

interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM of the authority itself: what clients trust. */
  readonly cert: string;
  /** A server certificate for these host names and addresses, valid from yesterday for `days` (negative: already expired). */
  issue(names: readonly string[], options?: { days?: number }): Certificate;
}

/** A certificate authority that lives as long as the test does. */
export function createCertificateAuthority(name = 'throw-away test authority'): CertificateAuthority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(OID.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff])))),
    extension(OID.keyUsage, Buffer.from('03020106', 'hex')),
  ];
  const root = certificate({ name, issuer: name, days: 2, subjectKey: authority.publicKey, extensions }, authority);
  return {
    cert: toPem(root),
    issue(names, { days = 2 } = {}) {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = names[0] ?? 'localhost';
      const alternatives = [extension(OID.subjectAltName, sequence(...names.map(generalName)))];
      const parts = { name: subject, issuer: name, days, subjectKey: leaf.publicKey, extensions: alternatives };
      return {
        cert: toPem(certificate(parts, authority)),
        key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Parts {
  readonly name: string;
  readonly issuer: string;
  readonly days: number;
  readonly subjectKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificate(parts: Parts, signer: { privateKey: KeyObject }): Buffer {
  const algorithm = sequence(Buffer.from(OID.ecdsaWithSha256, 'hex'));
  const day = 86_400_000;
  const serial = randomBytes(16);
  serial[0] = 0x01; // positive, and no superfluous zero in front
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    algorithm,
    commonName(parts.issuer),
    sequence(
      time(new Date(Date.now() - Math.max(1, 1 - parts.days) * day)),
      time(new Date(Date.now() + parts.days * day)),
    ),
    commonName(parts.name),
    parts.subjectKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...parts.extensions)),
  );
  return sequence(body, algorithm, bitString(sign('sha256', body, signer.privateKey)));
}

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => tlv(0x30, ...contents);
const bitString = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content);
const extension = (oid: string, value: Buffer): Buffer =>
  sequence(Buffer.from(oid, 'hex'), tlv(0x01, Buffer.from([0xff])), tlv(0x04, value));
const commonName = (text: string): Buffer =>
  sequence(tlv(0x31, sequence(Buffer.from(OID.commonName, 'hex'), tlv(0x0c, Buffer.from(text)))));
// UTCTime: YYMMDDHHMMSSZ.
const time = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
const generalName = (name: string): Buffer =>
  isIP(name) === 0 ? tlv(0x82, Buffer.from(name)) : tlv(0x87, Buffer.from(ipaddr.parse(name).toByteArray()));

const toPem = (der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};
