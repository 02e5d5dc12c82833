// Puts the page together.
import { $, el, toast } from "./dom.js";
import { changed, listen, onChange, send, store } from "./store.js";
import { drawTopics, open } from "./topics.js";
import { drawChat, jump, setUpChat } from "./chat.js";
import { drawComposer, fill, setUpComposer } from "./composer.js";
import { drawPhone, prepare as prepareCustomer, setUpPhone } from "./phone.js";
import { drawSystems, setUpSystems } from "./systems.js";
import { drawAdvisor, setUpAdvisor } from "./advisor.js";
import { keepWithin } from "./text.js";

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

// show opens a pane. The customer's and the systems' share a place, which wide windows always show.
function show(pane) {
  const { dataset } = document.body;
  if (pane === "customer" || pane === "systems") dataset.side = pane;
  dataset.view = pane;
  changed();
}

function drawTabs() {
  const { side, view } = document.body.dataset;
  for (const tab of document.querySelectorAll("[data-tab]")) {
    const shown = tab.parentElement.classList.contains("side-bar") ? side : view;
    tab.setAttribute("aria-pressed", String(tab.dataset.tab === shown));
  }
}

// within knows the addresses that the played Telegram and Notion give out; they open here.
function within(url) {
  const message = /^\/c\/(\d+)\/(?:(\d+)\/)?(\d+)$/.exec(url.pathname);
  if (url.host === "t.me" && message && `-100${message[1]}` === String(store.group.id)) {
    return () => {
      open(Number(message[2] ?? 0));
      requestAnimationFrame(() => requestAnimationFrame(() => jump(Number(message[3]))));
    };
  }
  if (url.host === "www.notion.so") return () => showCard(url.href);
  return undefined;
}

function showCard(href) {
  const card = store.systems.cards.find((c) => c.url === href);
  const topic = [...store.topics.values()].find((t) => t.kind === "private" && t.customer.id === card?.user_id);
  if (topic) open(topic.id);
  show("systems");
}

// prepare sets the stage for one of the things to try; the visitor sends it. What the customer is to
// write may be several messages.
function prepare({ topic, as, text, fault: id }) {
  $("help").close();
  const found = [...store.topics.values()].find((t) => t.title.includes(topic));
  if (found) open(found.id);
  if (id) fault(id, true);
  if (as === "Customer") {
    show("customer");
    prepareCustomer(text.split("\n"));
    return;
  }
  document.body.dataset.view = "chat";
  const person = store.people.find((p) => p.name === as);
  if (person) $("as").querySelector(`input[value="${person.id}"]`)?.click();
  fill(text);
  changed();
}

function setUp() {
  setUpChat();
  setUpComposer();
  setUpPhone();
  setUpSystems();
  setUpAdvisor();
  keepWithin(within);
  for (const item of document.querySelectorAll(".try")) item.addEventListener("click", () => prepare(item.dataset));
  $("help-open").addEventListener("click", () => $("help").showModal());
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.addEventListener("click", () => show(tab.dataset.tab));
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
    drawSystems();
    drawAdvisor();
  });
  listen();
}

setUp();
