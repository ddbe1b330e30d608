// The container's health check: one request to the service on this machine, exit status 0 when it answers 200.
// `node deploy/healthcheck.mjs` asks /healthz, `node deploy/healthcheck.mjs /readyz` another path.
// Plain JavaScript without dependencies: the image has neither curl nor TypeScript.
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

const TIMEOUT_MS = 4000;
const [path = '/healthz'] = process.argv.slice(2);
const { PORT, HOST, BASE_PATH, TLS_CERT_FILE } = process.env;
const tls = Boolean(TLS_CERT_FILE?.trim());
const host = HOST?.trim() || '0.0.0.0';

const options = {
  // Listening everywhere includes loopback, where health probes may be plain HTTP.
  host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
  port: Number(PORT?.trim() || 8084),
  path: `${BASE_PATH?.trim() ?? ''}${path}`,
  signal: AbortSignal.timeout(TIMEOUT_MS),
  // The certificate names the public host, not this address, and nothing secret is sent or believed.
  rejectUnauthorized: false,
};

const fail = (reason) => {
  process.stderr.write(`${path}: ${reason}\n`);
  process.exitCode = 1;
};

const request = (tls ? tlsRequest : plainRequest)(options, (response) => {
  response.resume();
  if (response.statusCode !== 200) fail(`status ${response.statusCode}`);
});
request.on('error', (error) => fail(error.name === 'AbortError' ? `no answer in ${TIMEOUT_MS} ms` : error.message));
request.end();
