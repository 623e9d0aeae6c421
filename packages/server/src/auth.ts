/**
 * Ready parts for the option `authenticate`.
 *
 * ```ts
 * import { jwt } from "openline/auth";
 *
 * new Server(httpServer, {
 *   authenticate: jwt({ issuer: "https://login.example", audience: "chat" }),
 * });
 * ```
 */
export {
  type ApiKeyOptions,
  type ApiKeyRecord,
  type ApiKeyStore,
  apiKeyDefaults,
  apiKeys,
  type NewApiKey,
  newApiKey,
} from "./guard/authenticate/api-keys.ts";
export { firstOf } from "./guard/authenticate/authenticate.ts";
export { cookieSession, type SessionLookup } from "./guard/authenticate/cookie-session.ts";
export type { CredentialSource } from "./guard/authenticate/credential.ts";
export { jwt } from "./guard/authenticate/jwt.ts";
export { type JwtOptions, jwtDefaults } from "./guard/authenticate/jwt-options.ts";
export type {
  Authenticate,
  AuthenticationRequest,
  Principal,
  Verdict,
} from "./guard/authenticate/principal.ts";
export type { StoredTicket, TicketStore } from "./guard/authenticate/ticket-store.ts";
export {
  type TicketOptions,
  type Tickets,
  type TicketTerms,
  ticketDefaults,
  tickets,
} from "./guard/authenticate/tickets.ts";
export { type GuardRefusal, refusal } from "./guard/codes.ts";
