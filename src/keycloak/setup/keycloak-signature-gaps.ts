// How a client's tokens have to be signed for this service to believe them.
import { ALGORITHMS } from '../keycloak-discovery.ts';

interface WithAttributes {
  readonly attributes: Record<string, string>;
}

const ID_TOKEN_SIGNATURE = 'id.token.signed.response.alg';
const ACCESS_TOKEN_SIGNATURE = 'access.token.signed.response.alg';
const ID_TOKEN_ENCRYPTION = 'id.token.encrypted.response.alg';

/** Logout tokens follow the settings of ID tokens. */
export function signatureGaps({ attributes }: WithAttributes) {
  return [ID_TOKEN_SIGNATURE, ACCESS_TOKEN_SIGNATURE, ID_TOKEN_ENCRYPTION].flatMap((name) => {
    const value = attributes[name] ?? '';
    const fits = value === '' || (name !== ID_TOKEN_ENCRYPTION && ALGORITHMS.includes(value));
    if (fits) return [];
    return {
      what: `Its attribute ${name} is ${value}, with which its tokens are not believed here`,
      how: 'Advanced → Fine grain OpenID Connect configuration: choose no encryption, and a signature such as RS256 or ES256, or none in particular',
      fix: <C extends WithAttributes>(one: C): C => ({ ...one, attributes: { ...one.attributes, [name]: '' } }),
    };
  });
}
