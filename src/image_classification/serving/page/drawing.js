"use strict";

// drawing with mouse, finger, pen or keys, for networks of small grey images; begins what start.js has

const SIDE = 320; // pixels of the drawing

function startDrawing() {
  const { height, width } = model.image;
  const isDark = model.mean[0] < 0.5;
  const [ground, ink] = isDark ? ["#000", "#fff"] : ["#fff", "#000"];
  const canvas = place("canvas");
  const cell = SIDE / Math.max(height, width);
  canvas.width = Math.round(cell * width);
  canvas.height = Math.round(cell * height);
  canvas.style.aspectRatio = `${width} / ${height}`;
  const WIDTH = cell * 2.2; // of a line, as the digits of MNIST have it
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const strokes = [];
  const cursor = { x: canvas.width / 2, y: canvas.height / 2, down: false, shown: false };
  let card = null;
  let current = null;
  let version = 0;
  place("drawing").hidden = false;
  place("ground").textContent = isDark
    ? "The training images are mostly black: you draw white on black. Ink on paper is the negative of that; swap black and white of such images below their answers."
    : "The training images are mostly white: you draw black on white.";

  function drawInto(target, scale, dx, dy) {
    target.lineWidth = WIDTH / scale; // lines are as wide, whatever the scale
    target.lineCap = target.lineJoin = "round";
    target.strokeStyle = ink;
    target.setTransform(scale, 0, 0, scale, dx, dy);
    for (const stroke of strokes) {
      target.beginPath();
      target.moveTo(...stroke[0]);
      for (const point of stroke) target.lineTo(...point);
      target.stroke();
    }
    target.setTransform(1, 0, 0, 1, 0, 0);
  }

  function redraw() {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    drawInto(pen, 1, 0, 0);
    if (cursor.shown) {
      pen.strokeStyle = cursor.down ? "#e05000" : "#4d94cf";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(cursor.x, cursor.y, cell * 1.1, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  // as the digits of MNIST were: the longer side takes 20 of 28 pixels, the centre of mass is in the middle
  // (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits")
  function fitted() {
    const points = strokes.flat();
    const middle = [canvas.width / 2, canvas.height / 2];
    if (!place("centre").checked) return [1, 0, 0];
    const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
    const extent = Math.max(1, Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    // a dot stays a dot
    const scale = Math.min((2 * Math.max(...middle) * 20 / 28 - WIDTH) / extent, 4);
    let [mass, x, y] = [0, 0, 0];
    for (const stroke of strokes) {
      stroke.forEach((point, number) => {
        const before = stroke[Math.max(number - 1, 0)];
        const length = Math.hypot(point[0] - before[0], point[1] - before[1]) + 0.01;
        mass += length;
        x += (length * (point[0] + before[0])) / 2;
        y += (length * (point[1] + before[1])) / 2;
      });
    }
    return [scale, middle[0] - (scale * x) / mass, middle[1] - (scale * y) / mass];
  }

  function picture() {
    const hidden = document.createElement("canvas");
    hidden.width = canvas.width;
    hidden.height = canvas.height;
    const target = hidden.getContext("2d");
    target.fillStyle = ground;
    target.fillRect(0, 0, hidden.width, hidden.height);
    const [scale, dx, dy] = fitted();
    drawInto(target, scale, dx, dy);
    return new Promise((done) => hidden.toBlob(done, "image/png"));
  }

  async function answer() {
    const mine = ++version;
    redraw();
    if (!strokes.length) return;
    const image = await picture();
    if (!card || !card.isConnected) card = newCard("drawing", null);
    const told = await ask("predict?top=5", image, "drawing.png");
    if (mine !== version) return; // another stroke was made meanwhile
    const first = told.images ? told.images[0] : told;
    place("said").textContent = showAnswer(card, "drawing", first);
    if (!told.error) await showWhatCounts(card, image, "drawing.png", false);
  }

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    cursor.shown = cursor.down = false;
    current = [at(event)];
    strokes.push(current);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of moves.length ? moves : [event]) current.push(at(each));
    redraw();
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, () => {
      if (!current) return;
      current = null;
      answer();
    });
  }
  canvas.addEventListener("blur", () => {
    cursor.shown = cursor.down = false;
    redraw();
  });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = moves[event.key];
    if (step) {
      cursor.x = Math.min(Math.max(cursor.x + step[0] * cell, 0), canvas.width);
      cursor.y = Math.min(Math.max(cursor.y + step[1] * cell, 0), canvas.height);
      if (cursor.down) strokes.at(-1).push([cursor.x, cursor.y]);
    } else if (event.key === " ") {
      cursor.down = !cursor.down;
      if (cursor.down) strokes.push([[cursor.x, cursor.y]]);
      else answer();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else return;
    event.preventDefault();
    cursor.shown = true;
    redraw();
  });

  function clear() {
    strokes.length = 0;
    card?.remove();
    card = null;
    cursor.down = false;
    answer();
  }
  place("clear").addEventListener("click", clear);
  place("undo").addEventListener("click", () => {
    strokes.pop();
    if (strokes.length) answer();
    else clear();
  });
  place("centre").addEventListener("change", answer);
  redraw();
}

begin();
