// What is drawn: signs, lines and charts, as text of SVG. Shapes, dashes and places tell as much as
// colours do.

const MARKERS = {
  you: '<circle r="5"/>',
  agent: '<rect x="-4.5" y="-4.5" width="9" height="9"/>',
  Thompson: '<path d="M0 -5.5 L5.5 4.5 L-5.5 4.5 Z"/>',
  best: '<path d="M0 -6.5 L6.5 0 L0 6.5 L-6.5 0 Z"/>',
};
// Where curves lie on each other, a thin line is seen on a wide one, and gaps show what is below.
const LINES = {
  you: { width: 2, dash: "" },
  agent: { width: 3.5, dash: "" },
  Thompson: { width: 2.2, dash: "6 4" },
  best: { width: 8, dash: "", opacity: 0.4 },
};
const ORDER = ["best", "agent", "Thompson", "you"]; // from the back to the front

/** The key of a player's looks; the best player has another name in some games. */
function looksOf(name) {
  return name in MARKERS ? name : "best";
}

function colourOf(name) {
  return DATA.colours[name];
}

/** A player's sign. */
function marker(name, x = 0, y = 0) {
  const outline = 'stroke="var(--casing)" stroke-width="1"';
  return `<g transform="translate(${x} ${y})" fill="${colourOf(name)}" ${outline}>${
    MARKERS[looksOf(name)]
  }</g>`;
}

/** A player's sign on a piece of its line, for the table. */
function sample(name) {
  return `<svg width="34" height="14" viewBox="0 -7 34 14" aria-hidden="true">${line(
    name,
    "M0 0H34",
  )}${marker(name, 17)}</svg>`;
}

/** A player's sign alone. */
function sign(name) {
  return `<svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">${marker(name)}</svg>`;
}

function line(name, path) {
  const { width, dash, opacity = 1 } = LINES[looksOf(name)];
  const shape = `d="${path}" fill="none" stroke-linejoin="round"`;
  const casing =
    opacity < 1
      ? ""
      : `<path ${shape} class="casing" stroke-width="${width + 1.4}" stroke-dasharray="${dash}"/>`;
  return `${casing}<path ${shape} stroke="${colourOf(name)}" stroke-width="${width}"
    stroke-dasharray="${dash}" stroke-opacity="${opacity}"/>`;
}

/** An arm or a state: its number in a ring; a full disc with a tick, or a dashed ring with a cross. */
function token(label, reward) {
  const ring = (look) => `<circle class="token ${look}" cx="32" cy="32" r="27"/>`;
  const signs = { 1: "M21 33 L29 41 L44 24", 0: "M24 24 L40 40 M40 24 L24 40" };
  const inside =
    reward === undefined
      ? `${ring("")}<text class="token-text" x="32" y="40">${label}</text>`
      : `${ring(reward ? "won" : "missed")}<path class="sign" d="${signs[reward]}"/>`;
  return `<svg viewBox="0 0 64 64" aria-hidden="true">${inside}</svg>`;
}

/**
 * A person's episode so far: one column per trial, one row per option. A high bar is a win, a low
 * one a miss, and a dash a first choice, which has no outcome of its own.
 */
function timeline(episode, trials, rows, width) {
  const left = 46;
  const column = (width - left) / trials;
  const height = rows.length > 4 ? 10 : 20;
  const bar = Math.max(1.5, Math.min(column * 0.6, 8));
  let drawn = "";
  rows.forEach(({ label }, row) => {
    const base = (row + 1) * height - 2;
    const every = rows.length < 5 || row % 3 === 0;
    drawn += `<path class="unplayed" d="M${left} ${base + 0.5}H${width}"/>`;
    if (every) drawn += `<text x="0" y="${base + 1}">${label}</text>`;
  });
  for (const step of episode.steps) {
    const row = rows.findIndex(({ shows }) => shows(step));
    const base = (row + 1) * height - 2;
    const dash = rows[row].dash;
    const tall = step.reward ? height - 3 : rows.length > 4 ? 2 : 3;
    const x = left + (step.trial + 0.5) * column - bar / 2;
    const look = dash
      ? 'fill="var(--soft)"'
      : step.reward
        ? 'fill="var(--tall)"'
        : 'class="played"';
    drawn += `<rect ${look} x="${x}" y="${base - tall}" width="${bar}" height="${tall}"/>`;
  }
  const words = `Your choices so far: ${summary(episode, rows)}`;
  const box = `0 0 ${width} ${rows.length * height}`;
  return `<svg role="img" aria-label="${words}" viewBox="${box}">${drawn}</svg>
    <p class="small" aria-hidden="true">Your choices: a tall bar won, a short one missed.</p>`;
}

function summary(episode, rows) {
  const told = rows.map(({ label, shows, dash }) => {
    const steps = episode.steps.filter(shows);
    const won = steps.filter((step) => step.reward).length;
    return `${label}: ${steps.length}${dash ? "" : `, ${won} won`}`;
  });
  return `${told.join("; ")}.`;
}

/** The ways from the two choices to the two states; a thick line is common, a dashed one is not. */
function ways(taken) {
  const path = (choice, state) => {
    const [from, to] = [25 + 50 * choice, 25 + 50 * state];
    const kind = choice === state ? "common" : "uncommon";
    const look = taken?.choice === choice && taken.state === state ? "taken" : "";
    return `<path class="way ${kind} ${look}" d="M${from} 0 C${from} 50 ${to} 50 ${to} 100"/>`;
  };
  const order = [path(0, 1), path(1, 0), path(0, 0), path(1, 1)];
  return `<svg class="ways" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${order.join("")}</svg>`;
}

/** All players' cumulative regret by trial. */
function regretChart(players, trials, size, width) {
  const [left, right, top, height] = [30, 12, 8, 190];
  const totals = mapValues(players, (episode) => runningRegret(episode, size));
  const highest = Math.max(1, ...Object.values(totals).map((total) => total.at(-1)));
  const tick = niceStep(highest / 4);
  const x = (trial) => left + (trial / trials) * (width - left - right);
  const y = (regret) => top + (1 - regret / (highest * 1.04)) * height;
  let drawn = "";
  for (let k = 0; k * tick <= highest * 1.04; k++) {
    const at = y(k * tick);
    drawn += `<path class="gridline" d="M${left} ${at}H${width - right}"/>`;
    const label = Number((k * tick).toPrecision(6));
    drawn += `<text x="${left - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
  }
  for (let k = 0; k <= 5; k++) {
    const trial = (k * trials) / 5;
    drawn += `<text x="${x(trial)}" y="${top + height + 17}" text-anchor="middle">${trial}</text>`;
  }
  drawn += `<text x="${(left + width) / 2}" y="${top + height + 33}" text-anchor="middle">trial</text>`;
  const names = ORDER.map((look) => Object.keys(players).find((name) => looksOf(name) === look));
  for (const name of names) {
    const points = totals[name].map(
      (total, trial) => `${x(trial).toFixed(1)} ${y(total).toFixed(1)}`,
    );
    drawn += line(name, `M${points.join("L")}`);
  }
  for (const name of names) drawn += marker(name, x(trials), y(totals[name].at(-1)));
  const ends = Object.entries(totals).map(
    ([name, total]) => `${nameOf(name)} ${total.at(-1).toFixed(2)}`,
  );
  const words = `Cumulative regret at the end: ${ends.join(", ")}.`;
  const box = `0 0 ${width} ${top + height + 36}`;
  return `<p class="small" aria-hidden="true">Cumulative regret: lower is better</p>
    <svg role="img" aria-label="${words}" viewBox="${box}">${drawn}</svg>`;
}

/** On which trials each player's choice was the better one, and where the options swapped. */
function betterChart(players, trials, swaps, title, width) {
  const [left, right, row] = [30, 12, 14];
  const column = (width - left - right) / trials;
  const names = Object.keys(players);
  let drawn = "";
  names.forEach((name, i) => {
    const better = onBetter(players[name]);
    const cells = better.map((good, trial) => {
      const x = (left + trial * column).toFixed(1);
      return good
        ? `M${x} ${i * row + 2}h${Math.max(column - 0.6, 0.8).toFixed(2)}v9h-${Math.max(column - 0.6, 0.8).toFixed(2)}z`
        : "";
    });
    drawn += `<path class="unplayed" d="M${left} ${i * row + 11.5}H${width - right}"/>`;
    drawn += `${marker(name, 14, i * row + 7)}<path class="casing" stroke-width="0.4"
      fill="${colourOf(name)}" d="${cells.join("")}"/>`;
  });
  for (const trial of swaps) {
    const at = left + trial * column;
    drawn += `<path stroke="var(--ink)" stroke-dasharray="2 2" d="M${at} -3V${names.length * row + 2}"/>`;
  }
  const box = `0 -4 ${width} ${names.length * row + 8}`;
  return `<p class="small" aria-hidden="true">${title}</p>
    <svg aria-hidden="true" viewBox="${box}">${drawn}</svg>`;
}

/** The activity of the network's units: a bar up or down for each. */
function memoryChart(hidden) {
  const width = 10 * hidden.length;
  let drawn = `<path class="gridline" d="M0 30H${width}"/>`;
  hidden.forEach((activity, unit) => {
    const tall = Math.abs(activity) * 28;
    const y = activity > 0 ? 30 - tall : 30;
    const size = `width="7" height="${tall.toFixed(1)}"`;
    drawn += `<rect x="${10 * unit + 1.5}" y="${y.toFixed(1)}" ${size}/>`;
  });
  const words = `The activity of the network’s ${hidden.length} units`;
  return `<svg role="img" aria-label="${words}" viewBox="0 0 ${width} 60" width="100%" height="60"
    preserveAspectRatio="none" class="casing" stroke-width="0.6" fill="${colourOf("agent")}">${drawn}</svg>`;
}

/** Regret summed up to the end of each trial, from 0 on. */
function runningRegret(episode, size) {
  const totals = [0];
  let sum = 0;
  episode.steps.forEach((step, i) => {
    sum += step.regret;
    if (i % size === size - 1) totals.push(sum);
  });
  return totals;
}

/** A round number near x: 1, 2, 2.5 or 5 times a power of ten. */
function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= x);
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
