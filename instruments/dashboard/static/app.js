"use strict";
// The page reads; it asks for history by HTTP and listens to one WebSocket. Every name and note is put in as text.
(() => {
  const HOUR = 3600e3, MINUTE = 60e3;
  const SPANS = [["10 min", 10 * MINUTE], ["1 h", HOUR], ["8 h", 8 * HOUR], ["24 h", 24 * HOUR], ["7 d", 168 * HOUR]];
  const POINTS = 600, MOST_POINTS = 2400;
  const query = new URLSearchParams(location.search);
  const language = query.get("lang") === "ja" ? "ja" : "en";
  const at = (id) => document.getElementById(id);
  const element = (kind, text, className) => {
    const found = document.createElement(kind);
    if (text !== undefined) found.textContent = text;
    if (className) found.className = className;
    return found;
  };
  let words = {}, tags = [], byId = new Map(), last = null, heard = 0, live = true, span = 10 * MINUTE, fixed = null;
  let asked = 0, held = null; // messages that come while history is on its way are put in behind it
  const rows = new Map();

  const two = (n) => String(n).padStart(2, "0");
  const clock = (ms, date) => {
    const d = new Date(ms);
    const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
    return date ? `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}` : time;
  };
  const figure = (v) => (typeof v !== "number" ? String(v) : Number(v.toPrecision(5)).toString());
  const ages = (s) => (s < 0 ? "0 s" : s < 100 ? `${s.toFixed(0)} s` : s < 6000 ? `${(s / 60).toFixed(0)} min` : `${(s / 3600).toFixed(0)} h`);
  const pick = (title) => (typeof title === "string" ? title : title[language] || title.en || title.ja || "");

  const store = {
    lines: new Map(), gaps: [], notes: [], span: [0, 1],
    figure, shown: (t) => clock(t, true),
    line(id) {
      const one = this.lines.get(id);
      return one ? [one.t.map((t) => t / 1000), one.v] : [[], []];
    },
    bad(id) {
      const one = this.lines.get(id);
      return one ? one.t.filter((_, i) => one.q[i] === Trends.BAD) : [];
    },
    // Where all tags of a chart miss values: gaps of their sources, and from the last value on where all are stale.
    missing(list) {
      const found = this.gaps.filter((gap) => list.some((tag) => touches(gap, tag))).map((gap) => [gap.start, gap.end]);
      const stale = last && list.every((tag) => (last.latest[tag.id] || [0, 0, "never"])[2] === "stale");
      // A stamp may lie in the future: the value is not newer than its receipt.
      const known = (one) => Math.min(one[0], last.now - 1000 * one[4]);
      if (stale) found.push([Math.max(...list.map((tag) => known(last.latest[tag.id]))), last.now]);
      return found;
    },
  };
  const touches = (gap, tag) => gap.source === tag.source && (!gap.tags.length || gap.tags.includes(tag.name));

  function put(id, times, values, quality) {
    if (!store.lines.has(id)) store.lines.set(id, { t: [], v: [], q: [] });
    const one = store.lines.get(id), tag = byId.get(id);
    times.forEach((t, i) => {
      const before = one.t[one.t.length - 1];
      if (t <= before) return;
      if (before !== undefined && tag && store.gaps.some((g) => g.start + 0.5 < t && g.end - 0.5 > before && touches(g, tag))) {
        one.t.push((before + t) / 2); one.v.push(null); one.q.push(0);
      }
      one.t.push(t); one.v.push(values[i]); one.q.push(quality[i]);
    });
  }

  // A line must not run over a gap: an empty value goes in where one lies between two values.
  function breakLines() {
    for (const [id, one] of store.lines) {
      const tag = byId.get(id);
      for (const gap of tag ? store.gaps.filter((g) => touches(g, tag)) : []) {
        const after = one.t.findIndex((t) => t > gap.start + 0.5);
        if (after > 0 && one.v[after] !== null && one.v[after - 1] !== null) {
          one.t.splice(after, 0, (Math.max(gap.start, one.t[after - 1]) + one.t[after]) / 2);
          one.v.splice(after, 0, null); one.q.splice(after, 0, 0);
        }
      }
    }
  }

  const addGap = (gap) => {
    if (!store.gaps.some((g) => g.source === gap.source && g.start === gap.start && g.end === gap.end)) store.gaps.push(gap);
  };
  const addNote = (note) => {
    if (!store.notes.some((n) => n.time === note.time && n.text === note.text)) store.notes.push(note);
  };

  async function history() {
    const mine = ++asked;
    held = held || [];
    const now = last ? last.now : Date.now();
    const [start, end] = fixed || [now - span, now + 1000];
    const answer = await fetch(`/history?start=${Math.floor(start)}&end=${Math.ceil(end)}&points=${POINTS}`);
    if (mine !== asked) return;
    const found = answer.ok ? await answer.json() : null;
    if (mine !== asked) return;
    const since = held;
    held = null;
    if (!found) return;
    store.lines.clear(); store.gaps = []; store.notes = [];
    for (const [id, [t, v, q]] of Object.entries(found.lines)) put(Number(id), t, v, q);
    found.gaps.forEach(addGap);
    found.notes.forEach(addNote);
    breakLines();
    if (!fixed) since.forEach(merge);
    draw(); lists();
  }

  function merge(message) {
    message.gaps.forEach(addGap);
    message.notes.forEach(addNote);
    for (const [id, [t, v, q]] of Object.entries(message.points)) put(Number(id), t, v, q);
    if (message.gaps.length) breakLines();
  }

  function draw() {
    const now = last ? last.now : Date.now();
    store.span = fixed || [now - span, now];
    Trends.draw();
    const [start, end] = store.span;
    at("csv").href = `/csv?start=${Math.floor(start)}&end=${Math.ceil(end)}`;
  }

  function lists() {
    store.notes.sort((a, b) => a.time - b.time);
    at("notes").replaceChildren(...store.notes.map((note) => {
      const line = element("li");
      line.append(element("time", clock(note.time, true)), ` ${note.author ? `${note.author}: ` : ""}${note.text}`);
      return line;
    }));
    const shown = store.gaps.slice().sort((a, b) => b.start - a.start).slice(0, 50);
    at("gaps").replaceChildren(...shown.map((gap) => {
      const line = element("tr");
      line.append(...[clock(gap.start, true), clock(gap.end, true), gap.source,
        gap.tags.length ? gap.tags.join(", ") : words.all, `${gap.cause}: ${gap.detail}`].map((text) => element("td", text)));
      return line;
    }));
  }

  function table() {
    at("heads").replaceChildren(...["tag", "value", "unit", "quality", "age"].map((key) => element("th", words[key])));
    rows.clear();
    at("rows").replaceChildren(...tags.map((tag) => {
      const line = element("tr");
      const cell = element("td", undefined, "name");
      const pen = element("span", undefined, "pen");
      pen.style.borderTopColor = tag.colour || "transparent";
      cell.append(pen, tag.label, element("small", tag.label === tag.name ? "" : tag.name));
      line.dataset.tag = tag.name;
      const cells = { value: element("td", "", "value"), unit: element("td", tag.unit), quality: element("td", "", "quality"), age: element("td", "", "age") };
      line.append(cell, cells.value, cells.unit, cells.quality, cells.age);
      rows.set(tag.id, { line, ...cells });
      return line;
    }));
  }

  const SIGN = { good: "", uncertain: "? ", bad: "✕ ", stale: "◌ ", never: "" };
  function values() {
    for (const tag of tags) {
      const row = rows.get(tag.id), one = last.latest[tag.id];
      const mark = one ? one[2] : "never";
      row.line.className = mark;
      // A stale value is not shown as the value: it stands behind the word.
      const figures = one && one[1] !== null ? figure(one[1]) : "–";
      row.value.textContent = mark === "stale" ? "–" : figures;
      const code = mark === "stale" ? ` ${figures}` : one && one[3] !== "Good" ? ` ${one[3]}` : "";
      row.quality.replaceChildren(SIGN[mark] + words[mark], element("small", code));
      row.age.textContent = one ? ages(one[4]) : "";
    }
  }

  function health() {
    const status = last.status, state = at("state");
    const key = status.state;
    state.textContent = words[key] || key;
    state.className = `state ${["died", "failed", "silent", "disk full"].includes(key) ? "alarm" : key === "recording" ? "" : "off"}`;
    const parts = [];
    if (status.buffer) {
      const full = status.buffer.held / status.buffer.capacity;
      parts.push([words.buffer, `${(100 * full).toFixed(full < 0.01 ? 1 : 0)} % (${status.buffer.held} / ${status.buffer.capacity})`, full > 0.8 ? "alarm" : full > 0.5 ? "warn" : ""]);
    }
    if (status.disk && status.disk.level !== undefined) {
      const disk = status.disk;
      const left = disk.hours_left == null ? "" : `, ${Math.round(disk.hours_left)} ${words.hours_left}`;
      const free = disk.free == null ? "" : `, ${(100 * disk.free).toFixed(1)} % ${words.free}`;
      parts.push([words.disk, `${disk.level}${free}${left} ${disk.trouble || ""}`.trim(), disk.level === "ok" || !disk.level ? "" : disk.level === "warn" ? "warn" : "alarm"]);
    }
    if (status.readings !== undefined) parts.push([words.readings, String(status.readings), ""]);
    at("health").replaceChildren(...parts.map(([name, text, mark]) => {
      const box = element("div");
      box.append(element("dt", name), element("dd", text, mark));
      return box;
    }));
    at("sources").replaceChildren(...Object.entries(status.sources || {}).map(([name, one]) => {
      const link = one.link === "stopped" ? "off" : one.link;
      const trouble = !["connected", "stopped"].includes(one.link);
      return element("span", `${trouble ? "! " : ""}${name}: ${words[link] || one.link}${trouble && one.detail ? ` – ${one.detail}` : ""}`, trouble ? "trouble" : "");
    }));
  }

  function take(message) {
    last = message;
    heard = performance.now();
    at("clock").textContent = clock(message.now, false);
    health();
    values();
    if (message.tags !== tags.length) { load(); return; }
    if (held) { held.push(message); return; }
    if (fixed) return;
    merge(message);
    if (message.gaps.length || message.notes.length) lists();
    const early = message.now - span;
    let long = false;
    for (const one of store.lines.values()) {
      const cut = one.t.findIndex((t) => t >= early);
      if (cut > 1) for (const key of ["t", "v", "q"]) one[key].splice(0, cut - 1);
      long = long || one.t.length > MOST_POINTS;
    }
    if (long) history(); else draw();
  }

  function listen() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.onopen = history; // what came before the socket, and while there was none
    socket.onmessage = (event) => take(JSON.parse(event.data));
    socket.onclose = () => setTimeout(listen, 2000);
  }

  function lost() {
    if (heard && performance.now() - heard > 5000) {
      at("state").textContent = words.lost_page;
      at("state").className = "state alarm";
      for (const row of rows.values()) { 
        row.line.className = "stale"; row.quality.textContent = SIGN.stale + words.stale; row.value.textContent = "–";
      }
    }
  }

  function choose(start, end) {
    fixed = [start, end]; live = false;
    at("live").setAttribute("aria-pressed", "false");
    history();
  }

  function buttons() {
    at("spans").replaceChildren(...SPANS.map(([text, length]) => {
      const button = element("button", text);
      button.type = "button";
      button.setAttribute("aria-pressed", String(!fixed && length === span));
      button.onclick = () => { span = length; fixed = null; live = true; buttons(); history(); };
      return button;
    }));
    at("live").textContent = words.live;
    at("live").setAttribute("aria-pressed", String(live));
    at("live").onclick = () => { fixed = null; live = true; buttons(); history(); };
    at("csv").textContent = words.export;
    at("notes-head").textContent = words.notes;
    at("gaps-head").textContent = words.gaps;
    at("gap-heads").replaceChildren(...["from", "to", "source", "tag", "cause"].map((key) => element("th", words[key])));
  }

  async function load() {
    const about = await (await fetch("/tags")).json();
    tags = about.tags.map((tag) => ({ ...tag, label: pick(tag.title) || tag.name }));
    byId = new Map(tags.map((tag) => [tag.id, tag]));
    at("title").textContent = pick(about.title);
    document.title = pick(about.title);
    store.timeWord = words.time;
    Trends.build(at("trends"), tags, store, words.no_unit, choose);
    table();
    Trends.resize(); // the scroll bar that the table brought takes some of the width
    if (last) values();
    await history();
  }

  async function begin() {
    document.documentElement.lang = language;
    words = await (await fetch(`/words?lang=${language}`)).json();
    buttons();
    await load();
    listen();
    setInterval(lost, 1000);
    addEventListener("resize", Trends.resize);
  }
  begin();
})();
