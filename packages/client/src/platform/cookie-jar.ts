/** What a server has set, to be sent back; without a look at paths, since there is only one. */
export interface CookieJar {
  /** Takes the `Set-Cookie` headers of an answer. */
  take(headers: readonly string[]): void;
  /** The value of a `Cookie` header; empty if there are none. */
  give(): string;
}
