import { type RoomName, roomNames } from "../../protocol/chat.ts";
import { byId, element } from "../site/element.ts";

/** The rooms, with how many messages of each were not seen. */
export class RoomTabs {
  private readonly buttons = new Map<RoomName, HTMLButtonElement>();

  constructor(onEnter: (room: RoomName) => void) {
    const list = byId("rooms", HTMLElement);
    for (const room of roomNames) {
      const unread = element("span", { class: "unread" });
      unread.hidden = true;
      const hash = element("span", { class: "room-hash", "aria-hidden": "true" }, "#");
      const button = element("button", { class: "room", type: "button" }, hash, room, unread);
      button.addEventListener("click", () => onEnter(room));
      this.buttons.set(room, button);
      list.append(element("li", {}, button));
    }
  }

  setCurrent(current: RoomName): void {
    for (const [room, button] of this.buttons) {
      if (room === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  setUnread(room: RoomName, count: number): void {
    const unread = this.buttons.get(room)?.querySelector<HTMLElement>(".unread");
    if (unread === null || unread === undefined) return;
    unread.hidden = count === 0;
    const hidden = element("span", { class: "visually-hidden" }, " new messages");
    unread.replaceChildren(count > 99 ? "99+" : String(count), hidden);
  }
}
