// Random numbers that a seed fixes: the same address shows the same episode on every machine.

/**
 * A stream of uniform random numbers in [0, 1): the generator sfc32 of Doty-Humphrey's PractRand.
 *
 * Tasks, outcomes and each player's own choices have streams of their own, so that what one
 * player does changes nothing for the others.
 */
function makeRandom(seed, stream) {
  let a = seed >>> 0;
  let b = stream >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  function next() {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let i = 0; i < 20; i++) next(); // until the seed has reached every bit
  return next;
}

/** A seed that nobody knows yet: a whole number below 2^32. */
function newSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** Draws from a Gamma distribution with a whole shape: a sum of exponential draws. */
function drawGamma(random, shape) {
  let total = 0;
  for (let i = 0; i < shape; i++) total -= Math.log(1 - random());
  return total;
}

/** Draws from a Beta distribution with whole parameters. */
function drawBeta(random, a, b) {
  const first = drawGamma(random, a);
  return first / (first + drawGamma(random, b));
}

/** Draws an index with the given probabilities, which sum to 1. */
function drawIndex(random, probabilities) {
  let left = random();
  for (let i = 0; i < probabilities.length - 1; i++) {
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return probabilities.length - 1;
}

/** The indices of the largest scores; scores closer than rounding errors are ties. */
function bestOf(scores) {
  const highest = Math.max(...scores);
  return scores.flatMap((score, i) => (score > highest - 1e-9 ? [i] : []));
}
