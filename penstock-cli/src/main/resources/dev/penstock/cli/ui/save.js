// What is shown, as files.

function download(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function cell(value) {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line a strategy; series and single requests are in the JSON. */
export function saveCsv(strategies) {
  const columns = Object.keys(strategies[0]).filter((name) => typeof strategies[0][name] !== 'object' || strategies[0][name] === null);
  const lines = [columns.join(','), ...strategies.map((each) => columns.map((name) => cell(each[name])).join(','))];
  download('penstock-simulation.csv', new Blob([`${lines.join('\n')}\n`], { type: 'text/csv' }));
}

export function saveJson(simulation) {
  download('penstock-simulation.json', new Blob([`${JSON.stringify(simulation, null, 2)}\n`], { type: 'application/json' }));
}

export async function savePng(chart) {
  download('penstock-simulation.png', await chart.toBlob());
}
