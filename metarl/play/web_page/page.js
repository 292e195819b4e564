// The page: what is shown, and what happens when somebody chooses.

const STREAMS = { task: 1, tape: 2, agent: 3, Thompson: 4, best: 5 };
const TOO_SOON = 100; // ms: a double click counts once
const PAUSE = 600; // ms: nobody begins the next episode by accident
const $ = (id) => document.getElementById(id);

const AGENTS = mapValues(DATA.agents, makeAgent);
const games = mapValues(DATA.games, ({ settings }) => new FAMILIES[settings.family](settings));
const state = { gameId: "independent", trials: null, watching: "off", rounds: new Map() };
let shownAt = 0;
let round = null;

/** An episode of everybody: the machines have played theirs; the person's is about to begin. */
function newRound(gameId, trials, seed, session) {
  const game = games[gameId];
  const agent = AGENTS[DATA.games[gameId].agent];
  const stream = (name) => makeRandom(seed, STREAMS[name]);
  const task = game.drawTask(stream("task"), trials);
  const tape = drawTape(stream("tape"), game, trials);
  const machine = (player, name) => new Episode(game, task, tape).playBy(player, stream(name));
  const exact = game.greedyIsOptimal || game.numActions === 2;
  const players = {
    you: new Episode(game, task, tape),
    agent: machine(agentPlayer(agent), "agent"),
    Thompson: machine(thompsonPlayer(game), "Thompson"),
    [exact ? "best possible" : "Gittins"]: machine(bestPlayer(game, trials), "best"),
  };
  const { best } = DATA.games[gameId];
  return { gameId, game, agent, best, trials, seed, session, task, players };
}

/** The episodes of the present game and length, oldest first. */
function roundsNow() {
  const key = `${state.gameId} ${trialsNow()}`;
  if (!state.rounds.has(key)) state.rounds.set(key, []);
  return state.rounds.get(key);
}

function trialsNow() {
  return state.trials ?? GAMES[state.gameId].trials;
}

function begin(seed = newSeed()) {
  const rounds = roundsNow();
  const session = rounds[0]?.session ?? timeStamp();
  rounds.push(newRound(state.gameId, trialsNow(), seed, session));
  resume();
}

/** Goes on where this game was left, or begins it. */
function resume() {
  round = roundsNow().at(-1);
  if (!round) return begin();
  shownAt = performance.now();
  buildBoard();
  check($("games"), state.gameId);
  check($("lengths"), trialsNow());
  check($("watching"), state.watching);
  render();
}

function choose(action) {
  const { game, players } = round;
  const now = performance.now();
  const first = players.you.steps.length === 0;
  if (players.you.over || action >= game.numActions) return;
  if (now - shownAt < TOO_SOON && !first) return;
  players.you.take(action, { seconds: (now - shownAt) / 1000 });
  shownAt = performance.now();
  render();
  if (players.you.over) $("again").focus({ preventScroll: true });
}

// What is built once for each game.

function pills(into, name, options, onChange) {
  for (const [value, label] of options) {
    const input = `<input type="radio" name="${name}" value="${value}">`;
    const pill = `<label class="pill">${input}<span>${label}</span></label>`;
    into.insertAdjacentHTML("beforeend", pill);
  }
  into.addEventListener("change", (event) => onChange(event.target.value));
}

function buildPills() {
  const titles = Object.entries(GAMES).map(([id, { title }]) => [id, title]);
  pills($("games"), "game", titles, (id) => {
    state.gameId = id;
    resume();
  });
  pills(
    $("lengths"),
    "trials",
    LENGTHS.map((n) => [n, n]),
    (trials) => {
      state.trials = Number(trials);
      resume();
    },
  );
  const choices = { off: "Off", own: "Its episode", yours: "Yours" };
  pills($("watching"), "watching", Object.entries(choices), (value) => {
    state.watching = value;
    render();
  });
}

function check(into, value) {
  for (const input of into.querySelectorAll("input")) input.checked = input.value === String(value);
}

function armButton(option, label, name) {
  return `<button type="button" class="arm" data-option="${option}">
    <span class="label">${name}</span><span class="figure">${token(label)}</span>
    <span class="word" aria-hidden="true"></span></button>`;
}

function buildBoard() {
  const { game, agent, gameId } = round;
  if (game.stepsPerTrial === 2) {
    const shares = [
      [25, 50, game.common],
      [75, 50, game.common],
      [38, 30, 1 - game.common],
      [62, 30, 1 - game.common],
    ];
    $("board").innerHTML = `
      <div class="arms">
        <button type="button" class="choice" data-action="0">Left <kbd>1</kbd></button>
        <button type="button" class="choice" data-action="1">Right <kbd>2</kbd></button>
      </div>
      <div class="stage"><div id="ways"></div>${shares
        .map(([x, y, p]) => `<span class="share" style="left:${x}%;top:${y}%">${percent(p)}</span>`)
        .join("")}</div>
      <div class="arms">${armButton(0, "A", "State A")}${armButton(1, "B", "State B")}</div>`;
  } else {
    const many = game.numActions > 2;
    const arms = Array.from({ length: game.numActions }, (_, arm) =>
      armButton(arm, arm + 1, many ? "" : `Arm ${arm + 1}`),
    );
    $("board").innerHTML = `<div class="arms ${many ? "many" : ""}">${arms.join("")}</div>`;
  }
  $("about").textContent = aboutNetwork(agent);
  $("rules").textContent = GAMES[gameId].rules(game);
  const names = Object.keys(round.players);
  const explained = {
    you: "You see only your own outcomes, as each of the others sees only its own.",
    agent: "The recurrent network. It knows no rule but what it learnt in training.",
    Thompson:
      "Thompson sampling: draws a task from what it believes so far, and chooses what is best in it.",
    [names[3]]: GAMES[gameId].best,
  };
  $("players").innerHTML = names
    .map((name) => `<dt class="who">${sign(name)}${nameOf(name)}</dt><dd>${explained[name]}</dd>`)
    .join("");
  const shorter = round.trials < agent.trainedTrials;
  $("shorter").textContent = shorter
    ? `The network was trained on episodes of ${agent.trainedTrials} trials. It is not told that this one ends earlier.`
    : "";
  $("shorter").hidden = !shorter;
}

// What changes with each choice.

function render() {
  const { you } = round.players;
  const last = you.steps.at(-1);
  $("trial").textContent = you.over ? `Episode over` : `Trial ${you.trial + 1} of ${round.trials}`;
  $("progress").firstElementChild.style.width = `${(100 * you.trial) / round.trials}%`;
  if (round.game.stepsPerTrial === 2) renderStates(you, last);
  else renderArms(you, last);
  renderOutcome(you, last);
  renderScores(you);
  renderWatched(you);
  renderDrawn();
  $("again").hidden = $("results").hidden = !you.over;
  if (you.over) renderResults();
}

function renderArms(you, last) {
  for (const button of $("board").querySelectorAll(".arm")) {
    const arm = Number(button.dataset.option);
    const pulled = last?.action === arm;
    showOption(button, arm, arm + 1, pulled ? last.reward : undefined, you.over);
    button.setAttribute(
      "aria-label",
      capital(actionNames(round.game)[arm]) + truthLabel(arm, you.over),
    );
    button.setAttribute("aria-disabled", you.over);
  }
}

function renderStates(you, last) {
  const choice = last?.place > 0 ? you.steps.at(-2) : last;
  const reached = you.place > 0 ? you.place : last?.place;
  $("ways").innerHTML = ways(choice && { choice: choice.action, state: reached - 1 });
  for (const button of $("board").querySelectorAll(".arm")) {
    const option = Number(button.dataset.option);
    const here = you.place === option + 1;
    const reward = last?.place === option + 1 ? last.reward : undefined;
    showOption(button, option, "AB"[option], reward, you.over, here ? "collect" : "");
    button.classList.toggle("here", here);
    button.classList.toggle("away", you.place > 0);
    button.tabIndex = here ? 0 : -1;
    button.setAttribute("aria-disabled", !here);
    button.setAttribute(
      "aria-label",
      `State ${"AB"[option]}${here ? ": collect" : truthLabel(option, you.over)}`,
    );
  }
  for (const button of $("board").querySelectorAll(".choice")) {
    const name = capital(actionNames(round.game)[button.dataset.action]);
    const taken = you.place > 0 && last.action === Number(button.dataset.action);
    button.setAttribute("aria-label", you.place > 0 ? `${name}: collect` : name);
    button.classList.toggle("here", taken);
    button.classList.toggle("away", you.place > 0);
    button.setAttribute("aria-disabled", you.over);
  }
}

function truthLabel(option, over) {
  return over ? `, ${truthOf(round, option)}` : "";
}

/** An arm or a state: the last outcome on it, and after the episode what it really was. */
function showOption(button, option, label, reward, over, otherwise = "") {
  button.classList.toggle("fresh", reward !== undefined);
  button.querySelector(".figure").innerHTML = token(label, reward);
  const word = reward === undefined ? otherwise : reward ? "won" : "missed";
  const truth =
    round.game.numActions > 2 ? round.task.probs[0][option].toFixed(2) : truthOf(round, option);
  button.querySelector(".word").innerHTML = over ? `<span class="truth">${truth}</span>` : word;
}

function renderOutcome(you, last) {
  if (!last || you.place > 0) {
    $("outcome").textContent = prompt(round.game, you.place);
    return;
  }
  const end = you.over
    ? ` <span class="for-ears">The episode is over. ${verdict(round)}</span>`
    : "";
  $("outcome").innerHTML = outcome(round.game, last) + end;
}

function renderScores(you) {
  const open = you.over || $("show-scores").checked;
  const done = you.trial * round.game.stepsPerTrial;
  $("scores").innerHTML = Object.entries(round.players)
    .map(([name, played]) => {
      const known = open || name === "you";
      const score = known ? scoreAfter(played, done) : '<span aria-label="hidden">–</span>';
      return `<li style="border-color:${colourOf(name)}"><span class="who">${sign(name)}${nameOf(
        name,
      )}</span><span class="score">${score}</span></li>`;
    })
    .join("");
}

function renderWatched(you) {
  const own = state.watching === "own";
  $("watched").hidden = state.watching === "off";
  if (state.watching === "off") return;
  const { agent, game, players } = round;
  const names = actionNames(game);
  const now = networkAfter(agent, own ? players.agent : you, you.steps.length);
  $("watched-title").innerHTML = watchedText(round, own);
  $("probabilities").classList.toggle("many", names.length > 2);
  $("probabilities").innerHTML = now.probabilities
    .map(
      (p, action) => `<li><span>${capital(names[action])}</span><span class="bar"><span
        style="width:${100 * p}%;background:${colourOf("agent")}"></span></span><span class="share">${Math.round(100 * p)}%</span></li>`,
    )
    .join("");
  $("value").innerHTML = valueText(agent, now.value);
  $("memory").innerHTML = memoryChart(now.memory.hidden);
}

/** What depends on the width of the window. */
function renderDrawn() {
  const { game, players, trials, task } = round;
  const { you } = players;
  $("timeline").innerHTML = timeline(you, trials, timelineRows(game), widthOf($("timeline")));
  if (!you.over) return;
  $("results").hidden = false;
  const width = widthOf($("chart"));
  const swaps = swapsOf(task);
  const option =
    game.stepsPerTrial === 2 ? "Choices towards the better state" : "Choices of the better arm";
  const title = option.replace("better arm", game.numActions > 2 ? "best arm" : "better arm");
  $("chart").innerHTML = regretChart(players, trials, game.stepsPerTrial, width);
  $("better").innerHTML = betterChart(
    players,
    trials,
    swaps,
    swaps.length ? `${title}; dotted: a swap` : title,
    width,
  );
}

function timelineRows(game) {
  if (game.stepsPerTrial === 2) {
    const first = ["Left", "Right"].map((label, action) => ({
      label,
      dash: true,
      shows: (step) => step.place === 0 && step.action === action,
    }));
    const second = [1, 2].map((place) => ({
      label: `State ${"AB"[place - 1]}`,
      shows: (step) => step.place === place,
    }));
    return [...first, ...second];
  }
  return actionNames(game).map((name, arm) => ({
    label: capital(name),
    shows: (step) => step.action === arm,
  }));
}

function widthOf(element) {
  return Math.max(200, Math.floor(element.clientWidth));
}

function renderResults() {
  const { game, players, trials, gameId, seed } = round;
  $("verdict").textContent = verdict(round);
  $("better-title").textContent =
    game.stepsPerTrial === 2 ? "To better state" : game.numActions > 2 ? "Best arm" : "Better arm";
  $("comparison").innerHTML = Object.entries(players)
    .map(([name, played]) => {
      const better = onBetter(played).filter(Boolean).length;
      return `<tr class="${name === "you" ? "you" : ""}"><th scope="row"><span class="who">${sample(
        name,
      )}${nameOf(name)}</span></th><td>${played.score}</td><td>${Math.round(
        (100 * better) / trials,
      )}%</td><td>${regretOf(played).toFixed(2)}</td></tr>`;
    })
    .join("");
  $("luck").textContent = luck(
    round,
    roundsNow().filter((each) => each.players.you.over),
  );
  $("link").href = `#game=${gameId}&trials=${trials}&seed=${seed}`;
}

function download() {
  const file = new Blob([csv()], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `metarl_${state.gameId}_${trialsNow()}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function csv() {
  return toCsv(roundsNow(), DATA.games[state.gameId].scenes);
}

// What the person does.

function onKey(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!/^[0-9]$/.test(event.key)) return;
  const action = event.key === "0" ? 9 : Number(event.key) - 1;
  choose(action);
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.action) choose(Number(button.dataset.action));
  else if (round.game.stepsPerTrial === 1) choose(Number(button.dataset.option));
  else if (button.classList.contains("here")) {
    choose(0);
    $("board").querySelector("button").focus({ preventScroll: true }); // the next choice is there
  }
}

function onAgain() {
  if (performance.now() - shownAt < PAUSE) return;
  begin();
  $("board").querySelector("button").focus({ preventScroll: true });
}

/** Begins the episode that the address names, as in #game=reversal&trials=50&seed=7. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const [gameId, trials, seed] = ["game", "trials", "seed"].map((name) => asked.get(name));
  if (gameId in GAMES) state.gameId = gameId;
  if (LENGTHS.includes(Number(trials))) state.trials = Number(trials);
  if (/^\d{1,10}$/.test(seed ?? "")) begin(Number(seed) >>> 0);
  else resume();
}

function start() {
  buildPills();
  $("board").addEventListener("click", onClick);
  $("again").addEventListener("click", onAgain);
  $("download").addEventListener("click", download);
  $("show-scores").addEventListener("change", () => renderScores(round.players.you));
  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", readAddress);
  window.addEventListener("resize", renderDrawn);
  readAddress();
}

start();
