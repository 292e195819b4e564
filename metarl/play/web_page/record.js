// The record as a csv: the tidy columns of `metarl play`, one row per step and player.

/** All episodes of one game as text; episodes, trials and steps count from 1, actions from 0. */
function toCsv(rounds, scenes) {
  const arms = rounds[0].task.probs[0].map((_, arm) => `p${arm + 1}`);
  const rows = [[...DATA.columns, ...arms]];
  rounds.forEach((round, episode) => {
    const size = round.game.stepsPerTrial;
    for (let i = 0; i < round.players.you.steps.length; i++) {
      for (const [name, played] of Object.entries(round.players)) {
        const step = played.steps[i];
        const cells = {
          subject: name,
          session: round.session,
          episode: episode + 1,
          trial: step.trial + 1,
          step: (i % size) + 1,
          state: name === "you" ? scenes[step.place] : "",
          action: step.action,
          reward: step.reward,
          seconds: step.seconds === undefined ? "" : step.seconds.toFixed(3),
          seed: round.seed,
          num_trials: round.trials,
          regret: number(step.regret),
          value: step.value === undefined ? "" : number(step.value),
        };
        const probs = round.task.probs[step.trial].map(number);
        rows.push([...DATA.columns.map((column) => cells[column] ?? ""), ...probs]);
      }
    }
  });
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}

/** A number with nine digits, as metarl writes it. */
function number(x) {
  return String(Number(x.toPrecision(9)));
}

function cell(value) {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The time now by this machine's clock, in ISO 8601 with its offset from UTC. */
function timeStamp() {
  const now = new Date();
  const offset = -now.getTimezoneOffset();
  const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}
