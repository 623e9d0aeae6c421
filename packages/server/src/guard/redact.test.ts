import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newApiKey } from "./authenticate/api-keys.ts";
import { redacted, redactedText, redactedUrl, type ShowableRequest } from "./redact.ts";

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";

describe("a request in a log", () => {
  it("shows what describes it", () => {
    const request: ShowableRequest = {
      method: "GET",
      url: "/socket.io/?EIO=4&transport=websocket&sid=secret&token=secret",
      headers: {
        host: "chat.example.com",
        origin: "https://app.example.com",
        "user-agent": "curl/8",
        authorization: `Bearer ${token}`,
        cookie: "sid=secret",
        "sec-websocket-protocol": `chat, ${token}`,
      },
      socket: { remoteAddress: "192.0.2.1" },
      auth: { token, device: "secret" },
    };
    expect(redacted(request)).toEqual({
      method: "GET",
      url: "/socket.io/?EIO=4&transport=websocket&sid=[redacted]&token=[redacted]",
      address: "192.0.2.1",
      headers: {
        host: "chat.example.com",
        origin: "https://app.example.com",
        "user-agent": "curl/8",
        authorization: "[redacted]",
        cookie: "[redacted]",
        "sec-websocket-protocol": "[redacted]",
      },
      auth: ["token", "device"],
    });
  });

  it.each([
    ["/", "/"],
    ["/socket.io/", "/socket.io/"],
    ["/socket.io/?EIO=4&t=abc", "/socket.io/?EIO=4&t=abc"],
    ["/?transport=a%0Ab", "/?transport=a%0Ab"],
    ["/?secret", "/?[redacted]"],
    ["/?secret=", "/?[redacted]"],
    ["/#secret", "/"],
    ["/?a=1#secret", "/?a=[redacted]"],
    ["http://user:secret@host/?a=b", "[redacted]"],
    ["secret", "[redacted]"],
    ["*", "[redacted]"],
  ])("shows %s as %s", (url, shown) => {
    expect(redactedUrl(url)).toBe(shown);
  });

  it("has a bounded size, whatever came", () => {
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, at) => [`x-${at}`, "secret"]),
    );
    const long = "x".repeat(100_000);
    const shown = redacted({
      method: long,
      url: `/${long}?${Object.keys(many).join("=1&")}&${long}`,
      headers: { ...many, host: long, "user-agent": long, [long]: long },
      auth: { ...many, [long]: 1 },
    });
    expect(JSON.stringify(shown).length).toBeLessThan(10_000);
  });

  it("never shows a secret, wherever it came", () => {
    const name = fc.stringMatching(/^[a-z-]{1,12}$/);
    const secret = "s3cr3t-of-somebody";
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 8 }),
        fc.array(name, { maxLength: 8 }),
        fc.constantFrom("authorization", "cookie", "x-api-key", "proxy-authorization", "referer"),
        fc.constantFrom("token", "sid", "access_token", "ticket", "", "transport2", "eio"),
        (headerNames, fields, header, parameter) => {
          const request = {
            method: "GET",
            url: `/socket.io/?EIO=4&${parameter}=${secret}&${secret}&a=${secret}#${secret}`,
            headers: {
              ...Object.fromEntries(headerNames.map((each) => [`x-${each}`, secret])),
              [header]: `Bearer ${secret}`,
            },
            auth: { ...Object.fromEntries(fields.map((each) => [each, secret])), deep: { secret } },
          };
          expect(JSON.stringify(redacted(request))).not.toContain(secret);
        },
      ),
    );
  });

  it("may have come without anything", () => {
    expect(redacted({ headers: {} })).toEqual({ headers: {} });
    expect(redacted({ headers: {}, auth: null })).toEqual({ headers: {} });
    expect(redacted({ headers: {}, auth: "secret" })).toEqual({ headers: {} });
  });
});

describe("a text in a log", () => {
  it.each([
    [`the token ${token} has expired`, "the token [redacted] has expired"],
    [`sent ${newApiKey().key}.`, "sent [redacted]."],
    ["Authorization: Bearer abc.def-_~+/= is wrong", "Authorization: Bearer [redacted] is wrong"],
    ["connect to redis://user:pass@10.0.0.1:6379", "connect to redis://[redacted]@10.0.0.1:6379"],
    ["nothing to hide", "nothing to hide"],
  ])("%s", (text, shown) => {
    expect(redactedText(text)).toBe(shown);
  });

  it("is looked through in time that is linear in it", () => {
    for (const part of [
      "eyJ",
      "eyJ-",
      "eyJ.",
      "eyJ.-",
      "Bearer ",
      "://",
      "://a",
      "ol_",
      "Basic eyJ",
    ]) {
      const time = (times: number): number => {
        const text = part.repeat(times);
        const startMs = performance.now();
        redactedText(text);
        return performance.now() - startMs;
      };
      time(1_000);
      const short = Math.min(time(10_000), time(10_000), time(10_000));
      const long = Math.min(time(100_000), time(100_000), time(100_000));
      expect(long, part).toBeLessThan(50 * short + 20);
    }
  });
});
