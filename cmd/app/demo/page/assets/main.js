// Puts the page together.
import { $, el, toast } from "./dom.js";
import { changed, listen, onChange, send, store } from "./store.js";
import { drawTopics } from "./topics.js";
import { drawChat, setUpChat } from "./chat.js";
import { drawComposer, setUpComposer } from "./composer.js";
import { drawPhone, setUpPhone } from "./phone.js";

const states = {
  waiting: "waiting for the bot", connected: "bot connected", offline: "demo stopped, trying again",
};

function drawStrip() {
  const state = !store.online ? "offline" : store.bot.connected ? "connected" : "waiting";
  $("status").dataset.state = state;
  $("status").title = states[state];
  $("status-text").textContent = states[state];
  $("group-sub").textContent = `${store.group.members} members, ${store.topics.size} topics`;
  const on = store.faults.filter((f) => f.on).length;
  $("fault-count").hidden = on === 0;
  $("fault-count").textContent = String(on);
  drawFaults();
}

let faultsShown = "";

function drawFaults() {
  const key = JSON.stringify(store.faults);
  if (key === faultsShown) return;
  const focused = document.activeElement?.dataset?.fault;
  faultsShown = key;
  $("fault-list").replaceChildren(...store.faults.map((f) => {
    const input = el("input", {
      type: "checkbox", "data-fault": f.id, "data-testid": `fault-${f.id}`,
      onchange: (ev) => fault(f.id, ev.currentTarget.checked),
    });
    input.checked = f.on;
    return el("label", { class: "fault" }, input, el("span", { text: f.title }), el("small", { text: f.help }));
  }));
  if (focused) $("fault-list").querySelector(`[data-fault="${focused}"]`)?.focus();
}

async function fault(id, on) {
  try {
    await send("fault", { id, on });
  } catch (err) {
    toast(err.message);
    faultsShown = "";
    changed();
  }
}

function drawTabs() {
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.tab === document.body.dataset.view));
  }
}

function setUp() {
  setUpChat();
  setUpComposer();
  setUpPhone();
  $("help-open").addEventListener("click", () => $("help").showModal());
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.addEventListener("click", () => { document.body.dataset.view = tab.dataset.tab; changed(); });
  }
  document.addEventListener("click", (ev) => { if (!$("faults").contains(ev.target)) $("faults").open = false; });
  document.addEventListener("keydown", (ev) => { if (ev.key === "Escape") $("faults").open = false; });
  document.addEventListener("visibilitychange", changed);
  window.addEventListener("hashchange", () => {
    const id = Number(location.hash.slice(1));
    if (store.topics.has(id)) { store.current = id; changed(); }
  });
  onChange(() => {
    if (!store.ready) return;
    drawTabs();
    drawStrip();
    drawTopics();
    drawChat();
    drawComposer();
    drawPhone();
  });
  listen();
}

setUp();
