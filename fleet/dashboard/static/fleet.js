// Keeps an open page as it would be if it were opened again, and lets the keyboard reach the search.
"use strict";

(() => {
  const main = document.getElementById("main");
  const pulse = document.getElementById("pulse");
  const topics = (main?.dataset.live ?? "").split(" ").filter(Boolean);
  const PAUSE = 2000;
  let seen = null;
  let busy = false;
  let again = false;

  const say = (text, state) => {
    if (pulse && pulse.textContent !== text) pulse.textContent = text;
    if (pulse) pulse.dataset.state = state;
  };

  // What somebody is about to use must not be pulled away from under the hand.
  const inUse = (section) =>
    (section.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, button")) ||
    section.querySelector("input:checked") !== null ||
    (!getSelection().isCollapsed && section.contains(getSelection().anchorNode));

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const section of main.querySelectorAll("section[id]")) {
          const other = fresh.getElementById(section.id);
          if (other && !inUse(section) && section.innerHTML !== other.innerHTML) section.replaceWith(document.adoptNode(other));
        }
        say("Up to date", "good");
      } else {
        say("Not up to date: the dashboard answers " + answer.status, "bad");
      }
    } catch {
      say("Not up to date: no answer", "bad");
    }
    setTimeout(() => {
      busy = false;
      if (again) {
        again = false;
        refresh();
      }
    }, PAUSE);
  };

  if (topics.length && window.EventSource) {
    const events = new EventSource("/events");
    events.onopen = () => say("Up to date", "good");
    events.onerror = () => say("Not up to date: no connection", "bad");
    events.onmessage = (event) => {
      const news = JSON.parse(event.data);
      const changed = seen !== null && topics.some((topic) => news[topic] !== seen[topic]);
      seen = news;
      if (changed && !document.hidden) refresh();
    };
    document.addEventListener("visibilitychange", () => document.hidden || refresh());
    addEventListener("pagehide", () => events.close());
  }

  document.addEventListener("change", (event) => {
    const list = event.target.dataset?.all;
    if (!list) return;
    for (const box of document.querySelectorAll(`input[data-of="${list}"]`)) box.checked = event.target.checked;
  });

  document.addEventListener("keydown", (event) => {
    const field = document.querySelector(".go input");
    if (event.key !== "/" || !field || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    field.focus();
  });
})();
