// Shows each <time data-when> in the viewer's zone; the server has written it in UTC.
const language = document.documentElement.lang || undefined;
const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function words(moment, form) {
  if (form === "day") return day.format(moment);
  if (form !== "ago") return full.format(moment);
  const seconds = (moment.getTime() - Date.now()) / 1000;
  if (Math.abs(seconds) > 30 * 86400) return full.format(moment);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return ago.format(Math.round(seconds / size), unit);
}

export function showTimes(scope) {
  for (const element of scope.querySelectorAll("time[data-when]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = words(moment, element.dataset.when);
    element.title = exact.format(moment);
  }
}
