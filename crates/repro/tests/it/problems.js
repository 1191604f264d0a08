// What is wrong with a report's page in the window that it is shown in.
(() => {
  const problems = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    const out = [...document.querySelectorAll('body *')].filter(
      e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'));
    problems.push(`it is ${wide} wide: ${out.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ')}`);
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) problems.push(`dead: ${link.hash}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach(id => problems.push(`twice: ${id}`));
  for (const svg of document.querySelectorAll('figure svg')) {
    const name = svg.getAttribute('aria-label') || '';
    if (name.length < 60) problems.push(`tells little: ${name}`);
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) problems.push(`cut off: ${text} by ${Math.max(frame.left - box.left, box.right - frame.right)} in ${name.slice(0, 40)}`);
    }
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i][1], texts[j][1]];
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // Boxes of lines are a little higher than their letters.
      if (x > 1 && y > 0.4 * Math.min(a.height, b.height))
        problems.push(`collide: ${texts[i][0]} and ${texts[j][0]} in ${name.slice(0, 40)}`);
    }
  }
  const light = color => { const c = color.match(/[\d.]+/g).map(Number); return 0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2]; };
  for (const e of document.querySelectorAll('.verdict, p, h1, h2, td, dd')) {
    let ground = e;
    while (ground && /rgba\(0, 0, 0, 0\)/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const back = ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)';
    if (Math.abs(light(getComputedStyle(e).color) - light(back)) < 70) problems.push(`pale: ${e.textContent.slice(0, 60)}`);
  }
  return problems;
})()
