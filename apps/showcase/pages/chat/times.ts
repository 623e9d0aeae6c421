const dayMs = 86_400_000;

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const weekdayFormat = new Intl.DateTimeFormat("en", {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const yearFormat = new Intl.DateTimeFormat("en", { dateStyle: "long" });

/** 14:05, as the reader's device writes it. */
export function timeText(timeMs: number): string {
  return timeFormat.format(timeMs);
}

/** Day, date and time to the second. */
export function fullTimeText(timeMs: number): string {
  return fullFormat.format(timeMs);
}

/** The start of the day in the reader's time zone: equal for two times of one day. */
export function dayOf(timeMs: number): number {
  return new Date(timeMs).setHours(0, 0, 0, 0);
}

/** "Today", "Yesterday", "Friday, 20 November", and with the year when it is another one. */
export function dayText(day: number, nowMs: number): string {
  const today = dayOf(nowMs);
  if (day === today) return "Today";
  // A day of 23 or 25 hours lies between when clocks were changed.
  if (Math.round((today - day) / dayMs) === 1) return "Yesterday";
  const isThisYear = new Date(day).getFullYear() === new Date(nowMs).getFullYear();
  return (isThisYear ? weekdayFormat : yearFormat).format(day);
}
