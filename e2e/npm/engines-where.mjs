// Finds what a visitor would click on by its first line, and fails if something covers it. It is sent to pages as text.
export const where = (text, selector) => `(text => {
	const shown = e => e.getClientRects().length > 0;
	const control = text === '' ? document.querySelector(${JSON.stringify(selector)}) :
		[...document.querySelectorAll('a, button, label, summary')].find(e => e.innerText.trim().split('\\n')[0] === text && shown(e));
	if (!control) throw new Error('nothing on ' + location.href + ' reads so');
	control.scrollIntoView({ block: 'center', behavior: 'instant' });
	const box = control.getClientRects()[0];
	const x = box.x + box.width / 2, y = box.y + box.height / 2;
	const hit = document.elementFromPoint(x, y);
	if (!hit || !control.contains(hit)) throw new Error('it is covered by ' + (hit ? hit.outerHTML.slice(0, 100) : 'nothing'));
	return [Math.round(x), Math.round(y)];
})(${JSON.stringify(text)})`;
