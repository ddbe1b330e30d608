// A person as administrators see them, with the keys that they have.
import type { Answer } from '../../api/client.ts';

export type Person = Omit<Answer<'/api/v1/byok/admin/users/{id}/keys', 'get'>, 'next_cursor'>;
export type PersonKey = Person['items'][number];

export const nameOf = ({ name, email, id }: Person['user']): string => name ?? email ?? id;
