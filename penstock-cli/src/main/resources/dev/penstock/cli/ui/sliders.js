// Sliders that stop at round numbers, each with a field beside it for those who want another one.
import { element } from './rows.js';
import { SLIDERS } from './settings.js';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** 90 → 1 min 30 s; 0.5 → 0.5 s. */
export function timeText(seconds) {
  if (seconds < 60) {
    return `${grouped.format(seconds)} s`;
  }
  if (seconds < 3600) {
    const rest = Math.round(seconds % 60);
    return `${Math.floor(seconds / 60)} min${rest > 0 ? ` ${rest} s` : ''}`;
  }
  const minutes = Math.round((seconds % 3600) / 60);
  return `${Math.floor(seconds / 3600)} h${minutes > 0 ? ` ${minutes} min` : ''}`;
}

function shown(slider, value) {
  if (value === '') {
    return 'no limit';
  }
  if (slider.unit === 'time') {
    return timeText(value);
  }
  return slider.unit === '%' ? `± ${value} %` : grouped.format(value);
}

function nearest(values, value) {
  let best = 0;
  values.forEach((each, index) => {
    if (Math.abs(Math.log((each || 0.5) / (value || 0.5))) < Math.abs(Math.log((values[best] || 0.5) / (value || 0.5)))) {
      best = index;
    }
  });
  return best;
}

/** One labelled slider. An optional one has "no limit" at its far end. */
class Slider {
  constructor(place, name, changed) {
    this.name = name;
    this.slider = SLIDERS[name];
    this.values = this.slider.optional ? [...this.slider.values, ''] : this.slider.values;
    place.className = 'slider';
    const label = element('label', '', this.slider.label);
    label.htmlFor = `slider-${name}`;
    this.output = element('output', 'value');
    this.output.htmlFor = label.htmlFor;
    this.input = element('input');
    Object.assign(this.input, { type: 'range', id: label.htmlFor, min: 0, max: this.values.length - 1, step: 1 });
    this.input.name = `slider-${name}`;
    this.input.addEventListener('input', () => changed(name, this.values[Number(this.input.value)]));
    place.append(label, this.output, this.input);
    this.place = place;
  }

  set(value, settings) {
    const index = value === '' ? this.values.length - 1 : nearest(this.slider.values, value);
    this.input.value = index;
    const text = shown(this.slider, value);
    this.output.textContent = text;
    this.input.setAttribute('aria-valuetext', text);
    this.input.style.setProperty('--at', `${(index / (this.values.length - 1)) * 100}%`);
    const { only } = this.slider;
    this.place.hidden = only !== undefined && !only.includes(settings.traffic) && !only.includes(settings.shape);
  }
}

export function makeSliders(changed) {
  const sliders = new Map();
  document.querySelectorAll('[data-slider]').forEach((place) => {
    sliders.set(place.dataset.slider, new Slider(place, place.dataset.slider, changed));
  });
  return {
    show(settings) {
      sliders.forEach((slider, name) => slider.set(settings[name], settings));
      const semaphores = settings.strategies.some((name) => name.startsWith('semaphore'));
      sliders.get('workers').place.hidden = !semaphores;
    },
  };
}
