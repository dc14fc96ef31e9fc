"use strict";
// Charts of one unit of measure each, drawn by uPlot: lines break where a value is bad or missing, gaps are hatched,
// bad values are red crosses on the ground line, notes are dashed lines with their number.
const Trends = (() => {
  const PENS = ["#1b4965", "#6b4e16", "#3f6b4f", "#5c3d6e", "#7a3b2e", "#2d6a6a", "#4a4a4a", "#3a3a8c"];
  const MOST_PENS = 8;
  const BAD = 2;
  let charts = [];
  let pattern = null;

  function hatch(context) {
    if (pattern) return pattern;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 10;
    const c = tile.getContext("2d");
    c.fillStyle = "#c9c9c9"; c.fillRect(0, 0, 10, 10);
    c.strokeStyle = "#8f8f8f"; c.lineWidth = 2;
    c.beginPath();
    for (const d of [-10, 0, 10]) { c.moveTo(d, 10); c.lineTo(d + 10, 0); }
    c.stroke();
    pattern = context.createPattern(tile, "repeat");
    return pattern;
  }

  // Times as they are read in a control room: 24 hours, the day at midnight.
  function stamps(u, splits, axis, space, step) {
    const two = (n) => String(n).padStart(2, "0");
    return splits.map((s) => {
      const d = new Date(s * 1000);
      const midnight = d.getHours() + d.getMinutes() + d.getSeconds() === 0;
      if (step >= 86400 || midnight) return `${two(d.getMonth() + 1)}-${two(d.getDate())}`;
      return `${two(d.getHours())}:${two(d.getMinutes())}${step < 60 ? `:${two(d.getSeconds())}` : ""}`;
    });
  }

  function gapsBehind(chart) {
    return (u) => {
      const c = u.ctx;
      c.save();
      c.beginPath(); c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); c.clip();
      for (const [start, end] of chart.missing()) {
        const a = u.valToPos(start / 1000, "x", true), b = u.valToPos(end / 1000, "x", true);
        c.fillStyle = hatch(c);
        c.fillRect(a, u.bbox.top, Math.max(b - a, 2), u.bbox.height);
      }
      c.restore();
    };
  }

  function marksInFront(chart) {
    return (u) => {
      const c = u.ctx, size = 4 * devicePixelRatio, ground = u.bbox.top + u.bbox.height - size - 2;
      c.save();
      c.beginPath(); c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); c.clip();
      c.strokeStyle = "#b00020"; c.lineWidth = 2 * devicePixelRatio;
      for (const time of chart.bad()) {
        const x = u.valToPos(time / 1000, "x", true);
        c.beginPath();
        c.moveTo(x - size, ground - size); c.lineTo(x + size, ground + size);
        c.moveTo(x + size, ground - size); c.lineTo(x - size, ground + size);
        c.stroke();
      }
      c.strokeStyle = "#262626"; c.lineWidth = devicePixelRatio;
      c.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      c.textAlign = "left"; c.textBaseline = "alphabetic";
      c.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      chart.notes().forEach((note, i) => {
        const x = u.valToPos(note.time / 1000, "x", true);
        c.beginPath(); c.moveTo(x, u.bbox.top); c.lineTo(x, u.bbox.top + u.bbox.height); c.stroke();
        const text = String(i + 1), w = c.measureText(text).width + 6 * devicePixelRatio;
        c.fillStyle = "#fff"; c.fillRect(x, u.bbox.top, w, 15 * devicePixelRatio);
        c.fillStyle = "#262626"; c.fillText(text, x + 3 * devicePixelRatio, u.bbox.top + 12 * devicePixelRatio);
      });
      c.restore();
    };
  }

  // tags: of one unit; store: where lines, gaps and notes are; chosen(start, end): a span was drawn with the mouse
  function chart(parent, tags, heading, store, chosen) {
    const box = document.createElement("div");
    box.className = "chart";
    const head = document.createElement("h2");
    head.textContent = heading;
    box.append(head);
    parent.append(box);
    const own = { tags, box,
      missing: () => store.missing(tags),
      notes: () => store.notes,
      bad: () => tags.flatMap((tag) => store.bad(tag.id)) };
    const options = {
      width: Math.max(300, box.clientWidth - 12), height: 190,
      ms: 1e-3,
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 5 } },
      select: { show: true },
      scales: { x: { time: true, auto: false, range: () => store.span.map((t) => t / 1000) } },
      axes: [
        { stroke: "#262626", grid: { stroke: "#cfcfcf" }, space: 70, values: stamps },
        { stroke: "#262626", grid: { stroke: "#cfcfcf" }, size: 64 },
      ],
      series: [{ label: store.timeWord, value: (u, t) => (t == null ? "" : store.shown(t * 1000)) },
        ...tags.map((tag, i) => ({
          label: tag.label, stroke: tag.colour = PENS[i % PENS.length], width: 1.5, spanGaps: false,
          dash: tag.laboratory ? [2, 4] : undefined,
          points: { show: tag.laboratory ? true : undefined, size: tag.laboratory ? 7 : 4 },
          value: (u, v) => (v == null ? "–" : store.figure(v)),
        }))],
      hooks: {
        drawClear: [gapsBehind(own)],
        draw: [marksInFront(own)],
        setSelect: [(u) => {
          if (u.select.width > 5) {
            chosen(u.posToVal(u.select.left, "x") * 1000, u.posToVal(u.select.left + u.select.width, "x") * 1000);
          }
          if (u.select.width > 0) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
      },
    };
    own.plot = new uPlot(options, [[], ...tags.map(() => [])], box);
    own.draw = () => {
      const tables = tags.map((tag) => store.line(tag.id));
      const data = tables.some((t) => t[0].length) ? uPlot.join(tables) : [[], ...tags.map(() => [])];
      const [start, end] = store.span;
      own.plot.batch(() => {
        own.plot.setData(data, false);
        own.plot.setScale("x", { min: start / 1000, max: end / 1000 });
        own.plot.redraw(true, true);
      });
    };
    return own;
  }

  function build(parent, tags, store, noUnit, chosen) {
    charts.forEach((one) => one.plot.destroy());
    parent.replaceChildren();
    const units = new Map();
    for (const tag of tags) {
      const key = tag.unit + (tag.laboratory ? ` ${tag.source}` : "");
      if (!units.has(key)) units.set(key, []);
      units.get(key).push(tag);
    }
    charts = [];
    for (const group of units.values()) {
      for (let i = 0; i < group.length; i += MOST_PENS) {
        const part = group.slice(i, i + MOST_PENS);
        charts.push(chart(parent, part, part[0].unit || noUnit, store, chosen));
      }
    }
  }

  function resize() {
    charts.forEach((one) => one.plot.setSize({ width: Math.max(300, one.box.clientWidth - 12), height: 190 }));
  }

  return { build, resize, draw: () => charts.forEach((one) => one.draw()), BAD, charts: () => charts };
})();
