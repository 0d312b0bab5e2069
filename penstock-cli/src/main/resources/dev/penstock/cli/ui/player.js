// The time of the simulation, as it is watched: played, stepped, dragged.
import { byId, say } from './rows.js';
import { timeText } from './sliders.js';

const WHOLE_SECONDS = 10;
const MARKS = 1000;

export class Player {
  /** @param draw called with the time to be shown, at most once a frame */
  constructor(draw) {
    this.draw = draw;
    this.end = 1;
    this.step = 1;
    this.at = Infinity;
    this.playing = false;
    byId('play').addEventListener('click', () => (this.playing ? this.pause() : this.play()));
    byId('step').addEventListener('click', () => this.forward());
    byId('time').addEventListener('input', () => {
      this.pause();
      this.show((Number(byId('time').value) / MARKS) * this.end);
    });
    byId('chosen').addEventListener('keydown', (event) => {
      if (event.target === byId('time') || event.target.tagName === 'SELECT') {
        return;
      }
      if (event.key === 'ArrowRight') {
        event.preventDefault();
        this.forward();
      }
    });
  }

  /** Another simulation, which lasts until `end` and is known in steps. Who watches goes on at the same moment. */
  load(end, step) {
    const wasAtEnd = this.at >= this.end;
    this.end = end;
    this.step = step;
    this.show(wasAtEnd && !this.playing ? end : Math.min(this.at, end));
  }

  play() {
    if (this.at >= this.end) {
      this.at = 0;
    }
    this.playing = true;
    say(byId('play'), 'Pause');
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing) {
        return;
      }
      const speed = Number(byId('speed').value) || this.end / WHOLE_SECONDS;
      this.show(Math.min(this.end, this.at + ((now - before) / 1000) * speed));
      before = now;
      if (this.at >= this.end) {
        this.pause();
      } else {
        requestAnimationFrame(frame);
      }
    };
    requestAnimationFrame(frame);
  }

  pause() {
    this.playing = false;
    say(byId('play'), 'Play');
  }

  forward() {
    this.pause();
    const from = this.at >= this.end ? 0 : this.at;
    this.show(Math.min(this.end, (Math.floor(from / this.step + 1e-9) + 1) * this.step));
  }

  show(seconds) {
    this.at = seconds;
    const time = byId('time');
    time.value = Math.round((seconds / this.end) * MARKS);
    time.style.setProperty('--at', `${(seconds / this.end) * 100}%`);
    const text = `${timeText(Math.round(seconds * 10) / 10)} of ${timeText(Math.round(this.end))}`;
    say(byId('clock'), text);
    time.setAttribute('aria-valuetext', text);
    this.draw(seconds);
  }
}
