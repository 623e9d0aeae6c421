import { describe, expect, it } from "vitest";
import { Admission, addressGroup, isOwnNetwork } from "./admission.ts";

describe("Admission", () => {
  it("lets in as many as there are places, in all and by address", () => {
    const admission = new Admission(3, 2, false);
    const group = admission.groupOf("203.0.113.5");
    expect([admission.enter(group), admission.enter(group)]).toEqual([null, null]);
    expect(admission.enter(group)).toBe("address");
    expect(admission.enter(admission.groupOf("203.0.113.6"))).toBe(null);
    expect(admission.enter(admission.groupOf("203.0.113.7"))).toBe("full");
    admission.leave(group);
    expect(admission.enter(group)).toBe(null);
  });

  it("does not count own networks one by one, unless told to", () => {
    expect(new Admission(9, 1, false).groupOf("127.0.0.1")).toBe(undefined);
    expect(new Admission(9, 1, true).groupOf("127.0.0.1")).toBe("127.0.0.1");
  });

  it.each([
    ["127.0.0.1", true],
    ["::1", true],
    ["::ffff:10.1.2.3", true],
    ["172.16.0.1", true],
    ["172.31.255.255", true],
    ["192.168.1.1", true],
    ["169.254.1.1", true],
    ["fd00::1", true],
    ["fe80::1%eth0", true],
    ["172.32.0.1", false],
    ["11.0.0.1", false],
    ["1.127.0.1", false],
    ["192.169.0.1", false],
    ["::ffff:8.8.8.8", false],
    ["2001:db8::1", false],
    ["fe00::1", false],
  ])("%s is own: %s", (address, expected) => {
    expect(isOwnNetwork(address)).toBe(expected);
  });

  it.each([
    ["203.0.113.5", "203.0.113.5"],
    ["::ffff:203.0.113.5", "203.0.113.5"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
  ])("%s counts as %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
