// What the page knows, kept up to date by server-sent events. The first event after each
// connection is the whole state, so that nothing is lost while the connection was down.

export const store = {
  ready: false, online: false,
  bot: {}, group: {}, people: [], faults: [], commands: { admin: [], member: [] },
  systems: { cards: [], users: [], effects: [], priorities: [] },
  advisor: { model: "", used: 0, limit: 1, topic_limit: 0, knowledge: 0, drafts: [], silences: [], calls: [], made: 0 },
  topics: new Map(), messages: new Map(), panes: new Map(),
  current: null, as: 0, seen: new Map(),
};

const listeners = new Set();
let queued = false;

export const onChange = (fn) => listeners.add(fn);

// changed redraws once in a frame, however many events came.
export function changed() {
  if (queued) return;
  queued = true;
  const draw = () => {
    queued = false;
    for (const fn of listeners) fn();
  };
  if (document.hidden) setTimeout(draw, 0);
  else requestAnimationFrame(draw);
}

const shelf = (map, topic) => {
  if (!map.has(topic)) map.set(topic, new Map());
  return map.get(topic);
};

const sorted = (map) => [...(map?.values() ?? [])].sort((a, b) => a.id - b.id);

export const messagesOf = (topic) => sorted(store.messages.get(topic));
export const paneOf = (topic) => sorted(store.panes.get(topic));
export const topicOf = (id) => store.topics.get(id);

function load(state) {
  Object.assign(store, {
    ready: true, bot: state.bot, group: state.group, people: state.people, faults: state.faults, commands: state.commands,
    systems: state.systems, advisor: state.advisor,
  });
  store.topics = new Map(state.topics.map((t) => [t.id, t]));
  store.messages = new Map();
  store.panes = new Map();
  for (const m of state.messages) shelf(store.messages, m.topic).set(m.id, m);
  for (const m of state.pane) shelf(store.panes, m.topic).set(m.id, m);
  if (!store.as) store.as = state.people[0].id;
  for (const id of store.topics.keys()) if (!store.seen.has(id)) store.seen.set(id, firstSeen(id));
  if (!store.topics.has(store.current)) store.current = opening(state.topics);
}

// firstSeen counts as unread what a customer wrote after the last answer in a topic that waits.
function firstSeen(topic) {
  let seen = 0;
  const waits = topicOf(topic).title.startsWith("🟪");
  for (const m of messagesOf(topic)) if (!waits || m.author.role !== "customer") seen = m.id;
  return seen;
}

function opening(topics) {
  const asked = Number(location.hash.slice(1));
  if (location.hash && store.topics.has(asked)) return asked;
  const waiting = topics.filter((t) => t.kind === "private" && t.title.startsWith("🟪"));
  const latest = (t) => messagesOf(t.id).at(-1)?.date ?? 0;
  return (waiting.sort((a, b) => latest(b) - latest(a))[0] ?? topics[0]).id;
}

const apply = {
  state: load,
  topic: (t) => { store.topics.set(t.id, t); if (!store.seen.has(t.id)) store.seen.set(t.id, 0); },
  message: (m) => { m.fresh = !store.messages.get(m.topic)?.has(m.id); put(store.messages, m); },
  pane: (m) => { m.fresh = !store.panes.get(m.topic)?.has(m.id); put(store.panes, m); },
  removed: (r) => store.messages.get(r.topic)?.delete(r.id),
  bot: (b) => { store.bot = b; },
  commands: (list) => { store.commands = list; },
  faults: (list) => { store.faults = list; },
  systems: (all) => { store.systems = all; },
  advisor: (all) => { store.advisor = all; },
};

// put bounds what one topic keeps, as the server does.
function put(map, m) {
  const kept = shelf(map, m.topic);
  kept.set(m.id, m);
  if (kept.size > 300) kept.delete(Math.min(...kept.keys()));
}

// listen connects and connects again whenever the connection ends.
export function listen() {
  const source = new EventSource("api/events");
  for (const [name, act] of Object.entries(apply)) {
    source.addEventListener(name, (ev) => {
      act(JSON.parse(ev.data));
      store.online = true;
      changed();
    });
  }
  source.onerror = () => {
    store.online = false;
    changed();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 1500);
  };
}

// send posts JSON to the stage; it returns the answer or throws with a text for people.
export async function send(path, body) {
  let response;
  try {
    response = await fetch(`api/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("the demo does not answer; was it stopped?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `refused (${response.status})`);
  return answer;
}
