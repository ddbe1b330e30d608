// Made by scripts/api-types.ts from the service's OpenAPI document. Not to be edited.
export interface paths {
  "/api/v1/byok/admin/audit": {
    /**
     * What happened, to anybody
     * @description With `format=csv` or `format=ndjson` a file of every row that fits. Each look is a row itself.
     */
    get: {
      parameters: {
        query?: {
          /** @description Rows on a page; all of them go into a file. */
          limit?: number;
          /** @description `next_cursor` of the page before. */
          cursor?: string;
          /** @description One of these; given several times, any of them. */
          action?: ("key.add" | "key.replace" | "key.change" | "key.delete" | "key.test" | "key.release" | "session.start" | "session.end" | "tier.set" | "usage.reset" | "service_token.create" | "service_token.revoke" | "admin.read" | "admin.revoke" | "audit.export" | "audit.verify" | "audit.checkpoint" | "audit.erase" | "audit.restored" | "audit.format" | "master_key.begun" | "master_key.finished") | (("key.add" | "key.replace" | "key.change" | "key.delete" | "key.test" | "key.release" | "session.start" | "session.end" | "tier.set" | "usage.reset" | "service_token.create" | "service_token.revoke" | "admin.read" | "admin.revoke" | "audit.export" | "audit.verify" | "audit.checkpoint" | "audit.erase" | "audit.restored" | "audit.format" | "master_key.begun" | "master_key.finished")[]);
          provider?: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
          outcome?: "ok" | "refused" | "failed";
          /** @description Rows from then on. */
          from?: string;
          /** @description Rows before then. */
          to?: string;
          /** @description Keycloak id of the person concerned. */
          subject?: string;
          /** @description Keycloak id of a person, or name of a service. */
          actor?: string;
          request_id?: string;
          /** @description `csv` or `ndjson`: everything that fits, as a file. */
          format?: "json" | "csv" | "ndjson";
        };
      };
      responses: {
        /** @description What happened, newest first. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["AuditRow"][];
              next_cursor: string | null;
            };
            "application/x-ndjson": string;
            "text/csv": string;
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/admin/audit/verify": {
    /**
     * Check that nobody has changed the audit log
     * @description Reads all of it. With anchors from the service’s log it also finds what was cut off at its end.
     */
    post: {
      requestBody?: {
        content: {
          "application/json": {
            anchors?: {
                /**
                 * Format: date-time
                 * @description When it was published: the `time` of its line in the log.
                 */
                at?: string;
                /** @description As it was logged or sent when the row was written. */
                head: string;
                /** @description Number of the row. */
                seq: number;
              }[];
          } | null;
        };
      };
      responses: {
        /** @description Whether the chain holds. */
        200: {
          content: {
            "application/json": {
              /** @description How many of the anchors sent fit. */
              anchors: {
                fit: number;
                /** @description Of rows that were lost in a restore that is recorded. */
                lost: number;
                /** @description Of rows that were pruned since: there is nothing left to compare them with. */
                pruned: number;
              };
              /** @description The first row that is not as it was written, or not there. */
              first_bad: {
                reason: string;
                seq: number;
              } | null;
              /** @description The last row, as an anchor. */
              head: {
                /** @description As it was logged or sent when the row was written. */
                head: string;
                /** @description Number of the row. */
                seq: number;
              } | null;
              ok: boolean;
              /** @description Restores from backups that the log records: rows after `after`, up to `to`, were lost. */
              restores: {
                  after: number;
                  /** Format: date-time */
                  at: string;
                  seq: number;
                  to: number;
                }[];
              rows: number;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/admin/overview": {
    /**
     * How the service is doing
     * @description Answers while parts of it are away, too: what cannot be known then is null.
     */
    get: {
      parameters: {
        query?: {
          /** @description How far back the history goes, today included. */
          days?: number;
        };
      };
      responses: {
        /** @description The numbers of the service. What cannot be known at present is null. */
        200: {
          content: {
            "application/json": {
              adoption: {
                /** @description Oldest first. Days on which nobody counted are missing; the last is today, counted now. */
                history: (({
                    /**
                     * Format: date
                     * @description In UTC.
                     */
                    day: string;
                    /** @description Provider id to number of keys. */
                    keys: {
                      [key: string]: number;
                    };
                    users_total: number | null;
                    users_with_keys: number;
                  })[]) | null;
                /** @description From 0 to 1; null where there is nothing to divide by. */
                ratio: number | null;
                users_total: number | null;
                users_with_keys: number | null;
              };
              /** @description Of this replica. */
              cache: {
                /** @description From 0 to 1; null where there is nothing to divide by. */
                hit_rate: number | null;
                hits: number;
                misses: number;
                /** @description In memory now. */
                users: number;
              };
              /** @description Every provider. */
              keys: {
                  keys: number;
                  provider: string;
                  provider_name: string;
                }[] | null;
              /** @description Calls under /api/v1/byok that this replica has answered since it started. */
              requests: {
                count: number;
                /** @description From 0 to 1; null where there is nothing to divide by. */
                error_rate: number | null;
                /** @description Answered with 5xx. */
                errors: number;
                latency_ms: {
                  p50: number;
                  p95: number;
                  p99: number;
                } | null;
                /** Format: date-time */
                since: string;
              };
              system: {
                audit: {
                  /** @description The last row. */
                  head: {
                    /** Format: date-time */
                    at: string;
                    /** @description As in an anchor. */
                    head: string;
                    seq: number;
                  } | null;
                  /** @description Age of the oldest event that is not on disk. */
                  lag_seconds: number;
                  rows: number | null;
                };
                breaker: ("closed" | "half_open" | "open") | null;
                /** @enum {string} */
                database: "ok" | "unavailable";
                /**
                 * @description Whether changes are taken.
                 * @enum {string}
                 */
                directory: "ok" | "waiting" | "stopping";
                /** @enum {string} */
                keycloak: "ok" | "unavailable" | "embedded";
                /** @description The encryption key in use, by a short name that tells nothing of it. */
                master_key: {
                  id: string;
                  /** @description Older ones that still decrypt. */
                  others: number;
                };
                /** @enum {string} */
                redis: "ok" | "unavailable" | "not_configured";
                /** @description Seen in the last half minute; null in the embedded default. */
                replicas: number | null;
                /** Format: date-time */
                started_at: string;
                version: string;
              };
              tests: ({
                error: number;
                invalid: number;
                /** @description From 0 to 1; null where there is nothing to divide by. */
                success_rate: number | null;
                unknown: number;
                untested: number;
                valid: number;
              }) | null;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/admin/users": {
    /** Find people */
    get: {
      parameters: {
        query: {
          /**
           * @description Parts of an email address, a username or a name, every word of which must occur; or an id.
           * @example ada
           */
          query: string;
          limit?: number;
          /** @description `next_cursor` of the page before. */
          cursor?: string;
        };
      };
      responses: {
        /** @description Who was found. */
        200: {
          content: {
            "application/json": {
              items: ({
                  email: string | null;
                  enabled: boolean;
                  /** @description Keycloak id. */
                  id: string;
                  /** @description How many keys they have. */
                  keys: number;
                  name: string | null;
                  tier: string;
                })[];
              next_cursor: string | null;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/admin/users/{id}/keys": {
    /**
     * Which keys somebody has
     * @description Without previews, labels and endpoints: those are for the owner.
     */
    get: {
      parameters: {
        path: {
          /** @description Keycloak id of the person. */
          id: string;
        };
      };
      responses: {
        /** @description The person, and which keys they have; nothing of the keys themselves. */
        200: {
          content: {
            "application/json": {
              items: ({
                  added_date: string | null;
                  enabled: boolean;
                  last_tested: string | null;
                  /** @description When a service last got it. */
                  last_used_at: string | null;
                  /** @description Name of that service. */
                  last_used_by: string | null;
                  provider: string;
                  provider_name: string;
                  /** @enum {string} */
                  state: "usable" | "unbound" | "undecryptable" | "unknown_key";
                  test_reason: string | null;
                  test_status: string | null;
                })[];
              next_cursor: null;
              user: {
                email: string | null;
                enabled: boolean;
                /** @description Keycloak id. */
                id: string;
                name: string | null;
                tier: string;
              };
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description No such user (`user_not_found`) */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/admin/users/{id}/keys/{provider}/revoke": {
    /**
     * Remove somebody’s key
     * @description Also of people who are disabled. It stays valid at the provider until it is revoked there.
     */
    post: {
      parameters: {
        path: {
          /** @description Keycloak id of the person. */
          id: string;
          /**
           * @description Provider id
           * @example openai
           */
          provider: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
        };
      };
      requestBody?: {
        content: {
          "application/json": Record<string, never> | null;
        };
      };
      responses: {
        /** @description No key is stored for this provider any more. */
        200: {
          content: {
            "application/json": {
              message: string;
              provider: string;
              /** @description False where nothing was stored, so that a retry is safe. */
              removed: boolean;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Invalid provider (`invalid_provider`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), Administrators only (`admin_required`), Cross-site request refused (`cross_site_request`), Account cannot be changed (`account_read_only`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description No such user (`user_not_found`) */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`), Change not kept (`write_conflict`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/audit": {
    /**
     * What happened to your keys and sessions
     * @description Rows that you caused or that are about you. With `Accept: text/csv` or `format=csv` a file of them all.
     */
    get: {
      parameters: {
        query?: {
          /** @description Rows on a page; all of them go into a file. */
          limit?: number;
          /** @description `next_cursor` of the page before. */
          cursor?: string;
          /** @description One of these; given several times, any of them. */
          action?: ("key.add" | "key.replace" | "key.change" | "key.delete" | "key.test" | "key.release" | "session.start" | "session.end" | "tier.set" | "usage.reset" | "service_token.create" | "service_token.revoke" | "admin.read" | "admin.revoke" | "audit.export" | "audit.verify" | "audit.checkpoint" | "audit.erase" | "audit.restored" | "audit.format" | "master_key.begun" | "master_key.finished") | (("key.add" | "key.replace" | "key.change" | "key.delete" | "key.test" | "key.release" | "session.start" | "session.end" | "tier.set" | "usage.reset" | "service_token.create" | "service_token.revoke" | "admin.read" | "admin.revoke" | "audit.export" | "audit.verify" | "audit.checkpoint" | "audit.erase" | "audit.restored" | "audit.format" | "master_key.begun" | "master_key.finished")[]);
          provider?: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
          outcome?: "ok" | "refused" | "failed";
          /** @description Rows from then on. */
          from?: string;
          /** @description Rows before then. */
          to?: string;
          /** @description `csv`: everything that fits, as a file. */
          format?: "json" | "csv";
        };
      };
      responses: {
        /** @description What happened, newest first. */
        200: {
          content: {
            "application/json": {
              items: components["schemas"]["AuditRow"][];
              next_cursor: string | null;
            };
            "text/csv": string;
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/keys": {
    /**
     * Your keys, masked
     * @description From memory for up to five minutes, unless the request says `Cache-Control: no-cache`.
     */
    get: {
      responses: {
        /** @description The stored keys, masked. */
        200: {
          headers: {
            /** @description Then also: age of the answer in seconds (RFC 9111). */
            age?: string;
            /** @description There where Keycloak cannot be reached and the answer is older than it should be. */
            "x-byok-stale"?: "true";
          };
          content: {
            "application/json": components["schemas"]["Key"][];
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/keys/{provider}": {
    /** Remove a key */
    delete: {
      parameters: {
        path: {
          /**
           * @description Provider id
           * @example openai
           */
          provider: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
        };
      };
      responses: {
        /** @description No key is stored for this provider any more. */
        200: {
          content: {
            "application/json": {
              message: string;
              provider: string;
              /** @description False where nothing was stored, so that a retry is safe. */
              removed: boolean;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Invalid provider (`invalid_provider`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Account cannot be changed (`account_read_only`), Address not verified (`email_unverified`), Account disabled (`account_disabled`), Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Change not kept (`write_conflict`), Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /**
     * Rename a key, turn it on or off, or send a new one
     * @description Needs the Starter tier or above, except for turning a key off. A new endpoint needs the key again.
     */
    patch: {
      parameters: {
        path: {
          /**
           * @description Provider id
           * @example openai
           */
          provider: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
        };
      };
      requestBody: {
        content: {
          "application/json": {
            enabled?: boolean;
            endpoint?: string | null;
            /** @description The API key alone: printable ASCII without spaces, 10 characters or more (for `custom` one or more). It is encrypted at once and never shown again. */
            key?: string;
            /** @description A name for the key, for yourself. */
            label?: string;
          };
        };
      };
      responses: {
        /** @description The key as it is now. */
        200: {
          content: {
            "application/json": components["schemas"]["ChangedKey"];
          };
        };
        /** @description Broken JSON (`invalid_json`), Invalid provider (`invalid_provider`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Account cannot be changed (`account_read_only`), Address not verified (`email_unverified`), Account disabled (`account_disabled`), Cross-site request refused (`cross_site_request`), Higher tier required (`tier_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description No such key (`key_not_found`) */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Change not kept (`write_conflict`), Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`), Endpoint refused (`endpoint_refused`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/keys/add": {
    /**
     * Add a key, or replace the one for that provider
     * @description Needs the Starter tier or above. The answer is the only one that mentions the key, masked.
     */
    post: {
      requestBody: {
        content: {
          /**
           * @example {
           *   "provider": "openai",
           *   "key": "sk-0123456789abcdef0123",
           *   "label": "Production key"
           * }
           */
          "application/json": {
            endpoint?: string | null;
            /** @description The API key alone: printable ASCII without spaces, 10 characters or more (for `custom` one or more). It is encrypted at once and never shown again. */
            key: string;
            label?: string | null;
            /**
             * @description Provider id
             * @enum {string}
             */
            provider: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
          };
        };
      };
      responses: {
        /** @description Stored. */
        200: {
          content: {
            "application/json": {
              key_preview: string;
              message: string;
              provider: string;
              provider_name: string;
              /** @description Sentences for the person, such as: this looks like a key for someone else. */
              warnings: string[];
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Invalid provider (`invalid_provider`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Account cannot be changed (`account_read_only`), Address not verified (`email_unverified`), Account disabled (`account_disabled`), Cross-site request refused (`cross_site_request`), Higher tier required (`tier_required`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Change not kept (`write_conflict`), Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`), Endpoint refused (`endpoint_refused`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/keys/last-uses": {
    /**
     * When your keys were last used
     * @description For each provider the last time that a service got your own key. As far back as the audit log goes.
     */
    get: {
      responses: {
        /** @description The last use of each key that was ever used. */
        200: {
          content: {
            "application/json": {
              items: {
                  provider: string;
                  /** @description Name of the service that got it. */
                  service: string;
                  /** Format: date-time */
                  used_at: string;
                }[];
              next_cursor: null;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/keys/test/{provider}": {
    /**
     * Ask the provider whether a key works
     * @description Without a body: the stored key, and the result is stored with it. With `{key}`: that key, and nothing is stored. No tokens are spent. A key that begins as another provider’s is sent only with `send_anyway`: else the status is `unknown`, the reason `other_provider`.
     */
    post: {
      parameters: {
        path: {
          /**
           * @description Provider id
           * @example openai
           */
          provider: "openai" | "anthropic" | "huggingface" | "cohere" | "together" | "perplexity" | "groq" | "custom";
        };
      };
      requestBody?: {
        content: {
          "application/json": ({
            endpoint?: string | null;
            /** @description The API key alone: printable ASCII without spaces, 10 characters or more (for `custom` one or more). It is encrypted at once and never shown again. */
            key?: string;
            /** @description Ask this provider although the key begins as another provider’s. Without it such a key is not sent. */
            send_anyway?: boolean;
          }) | null;
        };
      };
      responses: {
        /** @description What the provider said of the key. */
        200: {
          content: {
            "application/json": {
              details: {
                /** @description Stable word for programs. */
                reason: string;
                /** @description HTTP status of the provider’s answer. */
                status_code: number | null;
              };
              /** @description Beside `unknown` and `error`, where there was one: the last test that could say whether the key works. */
              earlier_test?: {
                reason: string | null;
                /** @enum {string} */
                status: "valid" | "invalid";
                tested_at: string | null;
              };
              message: string;
              provider: string;
              provider_name: string;
              /** @enum {string} */
              status: "valid" | "invalid" | "error" | "unknown";
              /** @description Whether the status is `valid`. */
              success: boolean;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Invalid provider (`invalid_provider`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Account cannot be changed (`account_read_only`), Address not verified (`email_unverified`), Account disabled (`account_disabled`), Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description No such key (`key_not_found`) */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Change not kept (`write_conflict`), Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`), Endpoint refused (`endpoint_refused`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/providers": {
    /** Supported providers */
    get: {
      responses: {
        /** @description Every provider. */
        200: {
          headers: {
            /** @description Then also: age of the answer in seconds (RFC 9111). */
            age?: string;
            /** @description There where Keycloak cannot be reached and the answer is older than it should be. */
            "x-byok-stale"?: "true";
          };
          content: {
            "application/json": ({
                accepts_endpoint: boolean;
                /** @description Whether you have a key for it. */
                configured: boolean;
                id: string;
                /** @description The usual beginning of a key. */
                key_format: string | null;
                /** @description Where to get a key. */
                key_url: string | null;
                name: string;
              })[];
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/api/v1/byok/stats": {
    /** Your numbers */
    get: {
      responses: {
        /** @description How many keys there are, and your tier. */
        200: {
          headers: {
            /** @description Then also: age of the answer in seconds (RFC 9111). */
            age?: string;
            /** @description There where Keycloak cannot be reached and the answer is older than it should be. */
            "x-byok-stale"?: "true";
          };
          content: {
            "application/json": {
              configured_providers: number;
              tested_providers: number;
              total_providers: number;
              user_tier: string;
              valid_providers: number;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Sessions unavailable (`session_store_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/demo": {
    /**
     * Sign in as a demo user
     * @description Embedded default only.
     */
    post: {
      requestBody: {
        content: {
          "application/json": {
            /** @enum {string} */
            email: "trial@example.com" | "starter@example.com" | "professional@example.com" | "enterprise@example.com";
            return_to?: string;
          };
          "application/x-www-form-urlencoded": {
            /** @enum {string} */
            email: "trial@example.com" | "starter@example.com" | "professional@example.com" | "enterprise@example.com";
            return_to?: string;
          };
        };
      };
      responses: {
        /** @description Signed in. */
        200: {
          content: {
            "application/json": {
              email: string | null;
              id: string;
              name: string | null;
              /** @description Roles at this service; empty for most people. */
              roles: string[];
              tier: string;
            };
          };
        };
        /** @description On to the next page. */
        303: {
          content: never;
        };
        /** @description Broken JSON (`invalid_json`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/login": {
    /** Sign-in page with the demo users */
    get: {
      parameters: {
        query?: {
          /** @description Where to go after signing in: a path on this host. */
          return_to?: string;
        };
      };
      responses: {
        /** @description A page. */
        200: {
          content: {
            "text/html": string;
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/logout": {
    /**
     * Sign out
     * @description Ends this session. A form in a browser is sent on to sign out at the identity provider.
     */
    post: {
      responses: {
        /** @description Signed out here. */
        200: {
          content: {
            "application/json": {
              /** @description Send the browser here to sign out at the identity provider too. */
              logout_url: string | null;
              message: string;
            };
          };
        };
        /** @description On to the next page. */
        303: {
          content: never;
        };
        /** @description Broken JSON (`invalid_json`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/me": {
    /** Who you are */
    get: {
      responses: {
        /** @description The signed-in person. */
        200: {
          content: {
            "application/json": {
              email: string | null;
              id: string;
              /** @description Whether the tier includes storing keys. */
              may_store_keys: boolean;
              name: string | null;
              /** @description The lowest tier that does. */
              required_tier: string;
              /** @description Roles at this service; empty for most people. */
              roles: string[];
              tier: string;
              /** @description Where to change the subscription. */
              upgrade_url: string | null;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Account disabled (`account_disabled`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/sessions": {
    /** Where you are signed in */
    get: {
      responses: {
        /** @description Your sessions, newest first. */
        200: {
          content: {
            "application/json": {
              items: ({
                  /** Format: date-time */
                  created_at: string;
                  /** @description Whether this request was made with it. */
                  current: boolean;
                  id: string;
                  /**
                   * Format: date-time
                   * @description Exact to a minute.
                   */
                  last_seen_at: string;
                  /** @description The browser that signed in, in its own words. */
                  user_agent: string | null;
                })[];
              next_cursor: null;
            };
          };
        };
        /** @description Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
    /** End all of your sessions, this one included */
    delete: {
      responses: {
        /** @description Ended. */
        200: {
          content: {
            "application/json": {
              /** @description How many sessions were ended. */
              ended: number;
              message: string;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/auth/sessions/{id}": {
    /** End one of your sessions */
    delete: {
      parameters: {
        path: {
          id: string;
        };
      };
      responses: {
        /** @description Ended. */
        200: {
          content: {
            "application/json": {
              /** @description How many sessions were ended. */
              ended: number;
              message: string;
            };
          };
        };
        /** @description Broken JSON (`invalid_json`), Bad request (`invalid_request`) */
        400: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Not authenticated (`not_authenticated`) */
        401: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Address not verified (`email_unverified`), Cross-site request refused (`cross_site_request`), HTTPS required (`https_required`) */
        403: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description No such session (`session_not_found`) */
        404: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Several accounts with this address (`email_ambiguous`) */
        409: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body too large (`body_too_large`) */
        413: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Unsupported content type (`unsupported_media_type`) */
        415: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Body not valid (`validation_failed`) */
        422: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Too many requests (`rate_limited`) */
        429: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Internal error (`internal`) */
        500: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
        /** @description Sessions unavailable (`session_store_unavailable`), Keycloak unavailable (`directory_unavailable`), Realm not set up (`directory_misconfigured`), Database unavailable (`database_unavailable`), Audit log unavailable (`audit_unavailable`), Not ready (`not_ready`) */
        503: {
          content: {
            "application/problem+json": components["schemas"]["Problem"];
          };
        };
      };
    };
  };
  "/healthz": {
    /** Is the process alive? */
    get: {
      responses: {
        /** @description It is. */
        200: {
          content: {
            "application/json": {
              /** @enum {string} */
              status: "ok";
            };
          };
        };
      };
    };
  };
  "/readyz": {
    /** Does it take work? */
    get: {
      responses: {
        /** @description Whether it takes work, and what is missing. */
        200: {
          content: {
            "application/json": {
              checks: {
                /** @enum {string} */
                database: "ok" | "unavailable";
                /** @enum {string} */
                directory: "ok" | "waiting" | "stopping";
                /**
                 * @description Whether its admin API answers.
                 * @enum {string}
                 */
                keycloak?: "ok" | "unavailable";
                /**
                 * @description Whether it does what the service needs, and this replica hears the others.
                 * @enum {string}
                 */
                redis?: "ok" | "unavailable";
              };
              /** @description What fails, in a word, of each part that is `unavailable`. */
              reasons?: {
                database?: string;
                keycloak?: string;
                redis?: string;
              };
              /** @enum {string} */
              status: "ready" | "degraded" | "not_ready";
            };
          };
        };
        /** @description Whether it takes work, and what is missing. */
        503: {
          content: {
            "application/json": {
              checks: {
                /** @enum {string} */
                database: "ok" | "unavailable";
                /** @enum {string} */
                directory: "ok" | "waiting" | "stopping";
                /**
                 * @description Whether its admin API answers.
                 * @enum {string}
                 */
                keycloak?: "ok" | "unavailable";
                /**
                 * @description Whether it does what the service needs, and this replica hears the others.
                 * @enum {string}
                 */
                redis?: "ok" | "unavailable";
              };
              /** @description What fails, in a word, of each part that is `unavailable`. */
              reasons?: {
                database?: string;
                keycloak?: string;
                redis?: string;
              };
              /** @enum {string} */
              status: "ready" | "degraded" | "not_ready";
            };
          };
        };
      };
    };
  };
}

export type webhooks = Record<string, never>;

export interface components {
  schemas: {
    AuditRow: {
      action: string;
      actor: {
        /** @description Null where the person was erased, or is not for you to know. */
        id: string | null;
        /** @description `user`, `service`, `operator` or `system`. */
        kind: string;
      };
      /** @description Where the request came from. */
      address: string | null;
      /** Format: date-time */
      at: string;
      details: ({
        [key: string]: string | number | boolean;
      }) | null;
      /** @description `ok`, `refused`, or `failed`: then it may have happened all the same. */
      outcome: string;
      provider: string | null;
      reason: string | null;
      request_id: string | null;
      /** @description Number of the row, without gaps over all rows. */
      seq: number;
      /** @description Keycloak id of the person concerned. */
      subject: string | null;
    };
    AuditRowInput: {
      action: string;
      actor: {
        /** @description Null where the person was erased, or is not for you to know. */
        id: string | null;
        /** @description `user`, `service`, `operator` or `system`. */
        kind: string;
      };
      /** @description Where the request came from. */
      address: string | null;
      /** Format: date-time */
      at: string;
      details: ({
        [key: string]: string | number | boolean;
      }) | null;
      /** @description `ok`, `refused`, or `failed`: then it may have happened all the same. */
      outcome: string;
      provider: string | null;
      reason: string | null;
      request_id: string | null;
      /** @description Number of the row, without gaps over all rows. */
      seq: number;
      /** @description Keycloak id of the person concerned. */
      subject: string | null;
    };
    ChangedKey: {
      added_date: string | null;
      /** @description Beside `unknown` and `error`, where there was one: the last test that could say whether the key works. */
      earlier_test?: {
        reason: string | null;
        /** @enum {string} */
        status: "valid" | "invalid";
        tested_at: string | null;
      };
      enabled: boolean;
      endpoint: string | null;
      /** @description Masked key; `***error***` where it cannot be decrypted, `***unbound***` where it is not known to be yours, `***unavailable***` where another replica may be able to read it. */
      key_preview: string;
      label: string;
      last_tested: string | null;
      provider: string;
      provider_name: string;
      /** @enum {string} */
      state: "usable" | "unbound" | "undecryptable" | "unknown_key";
      test_reason: string | null;
      /** @description Of the last test: `valid`, `invalid`, `error`, `unknown`, or null where it was never tested. */
      test_status: string | null;
      /** @description With a new key, where there are some: sentences for the person. */
      warnings?: string[];
    };
    ChangedKeyInput: {
      added_date: string | null;
      /** @description Beside `unknown` and `error`, where there was one: the last test that could say whether the key works. */
      earlier_test?: {
        reason: string | null;
        /** @enum {string} */
        status: "valid" | "invalid";
        tested_at: string | null;
      };
      enabled: boolean;
      endpoint: string | null;
      /** @description Masked key; `***error***` where it cannot be decrypted, `***unbound***` where it is not known to be yours, `***unavailable***` where another replica may be able to read it. */
      key_preview: string;
      label: string;
      last_tested: string | null;
      provider: string;
      provider_name: string;
      /** @enum {string} */
      state: "usable" | "unbound" | "undecryptable" | "unknown_key";
      test_reason: string | null;
      /** @description Of the last test: `valid`, `invalid`, `error`, `unknown`, or null where it was never tested. */
      test_status: string | null;
      /** @description With a new key, where there are some: sentences for the person. */
      warnings?: string[];
    };
    Key: {
      added_date: string | null;
      /** @description Beside `unknown` and `error`, where there was one: the last test that could say whether the key works. */
      earlier_test?: {
        reason: string | null;
        /** @enum {string} */
        status: "valid" | "invalid";
        tested_at: string | null;
      };
      enabled: boolean;
      endpoint: string | null;
      /** @description Masked key; `***error***` where it cannot be decrypted, `***unbound***` where it is not known to be yours, `***unavailable***` where another replica may be able to read it. */
      key_preview: string;
      label: string;
      last_tested: string | null;
      provider: string;
      provider_name: string;
      /** @enum {string} */
      state: "usable" | "unbound" | "undecryptable" | "unknown_key";
      test_reason: string | null;
      /** @description Of the last test: `valid`, `invalid`, `error`, `unknown`, or null where it was never tested. */
      test_status: string | null;
    };
    KeyInput: {
      added_date: string | null;
      /** @description Beside `unknown` and `error`, where there was one: the last test that could say whether the key works. */
      earlier_test?: {
        reason: string | null;
        /** @enum {string} */
        status: "valid" | "invalid";
        tested_at: string | null;
      };
      enabled: boolean;
      endpoint: string | null;
      /** @description Masked key; `***error***` where it cannot be decrypted, `***unbound***` where it is not known to be yours, `***unavailable***` where another replica may be able to read it. */
      key_preview: string;
      label: string;
      last_tested: string | null;
      provider: string;
      provider_name: string;
      /** @enum {string} */
      state: "usable" | "unbound" | "undecryptable" | "unknown_key";
      test_reason: string | null;
      /** @description Of the last test: `valid`, `invalid`, `error`, `unknown`, or null where it was never tested. */
      test_status: string | null;
    };
    Problem: {
      /**
       * @description Stable word for programs.
       * @enum {string}
       */
      code: "invalid_json" | "invalid_request" | "invalid_provider" | "sign_in_failed" | "not_authenticated" | "account_disabled" | "account_read_only" | "tier_required" | "email_unverified" | "scope_required" | "admin_required" | "cross_site_request" | "https_required" | "host_not_allowed" | "key_not_found" | "key_not_released" | "user_not_found" | "session_not_found" | "route_not_found" | "method_not_allowed" | "request_timeout" | "email_ambiguous" | "write_conflict" | "body_too_large" | "unsupported_media_type" | "validation_failed" | "endpoint_refused" | "rate_limited" | "internal" | "directory_unavailable" | "directory_misconfigured" | "session_store_unavailable" | "audit_unavailable" | "database_unavailable" | "not_ready";
      /** @description One sentence for the person: what is wrong and what to do. */
      detail: string;
      /** @description On validation: each field that is not valid. */
      errors?: {
          message: string;
          path: string;
        }[];
      request_id: string;
      status: number;
      title: string;
      /** @description Where the code is documented. */
      type: string;
      [key: string]: unknown;
    };
    ProblemInput: {
      /**
       * @description Stable word for programs.
       * @enum {string}
       */
      code: "invalid_json" | "invalid_request" | "invalid_provider" | "sign_in_failed" | "not_authenticated" | "account_disabled" | "account_read_only" | "tier_required" | "email_unverified" | "scope_required" | "admin_required" | "cross_site_request" | "https_required" | "host_not_allowed" | "key_not_found" | "key_not_released" | "user_not_found" | "session_not_found" | "route_not_found" | "method_not_allowed" | "request_timeout" | "email_ambiguous" | "write_conflict" | "body_too_large" | "unsupported_media_type" | "validation_failed" | "endpoint_refused" | "rate_limited" | "internal" | "directory_unavailable" | "directory_misconfigured" | "session_store_unavailable" | "audit_unavailable" | "database_unavailable" | "not_ready";
      /** @description One sentence for the person: what is wrong and what to do. */
      detail: string;
      /** @description On validation: each field that is not valid. */
      errors?: {
          message: string;
          path: string;
        }[];
      request_id: string;
      status: number;
      title: string;
      /** @description Where the code is documented. */
      type: string;
      [key: string]: unknown;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type $defs = Record<string, never>;

export type external = Record<string, never>;

export type operations = Record<string, never>;
