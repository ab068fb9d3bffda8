// A React application that does what portals' front ends do.
import { Component, lazy, Suspense, StrictMode, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { createRoot } from 'react-dom/client';

const Chart = lazy(() => import('./chart.jsx'));
window.log = [];

class Boundary extends Component {
	state = { failed: false };
	static getDerivedStateFromError() { return { failed: true }; }
	render() { return this.state.failed ? <p className="failed">Cette partie a échoué.</p> : this.props.children; }
}

function Fragile({ broken }) {
	const icon = useRef(null);
	useEffect(() => { log.push('icon ' + icon.current.getAttributeNS('http://www.w3.org/1999/xlink', 'href')); }, []);
	return <svg width="16" height="16"><use ref={icon} xlinkHref={broken ? '#none' : '/static/icons.svg#tree'} /></svg>;
}

function App() {
	const [datasets, setDatasets] = useState([]);
	const [query, setQuery] = useState('');
	const [open, setOpen] = useState(false);
	const [chart, setChart] = useState(false);
	const image = useRef(null);
	useEffect(() => {
		const controller = new AbortController();
		fetch(new Request('/api/datasets?q=' + encodeURIComponent(query)), { signal: controller.signal })
			.then(answer => answer.json())
			.then(answer => { setDatasets(answer.results); log.push('results ' + answer.results.length); })
			.catch(error => log.push(error.name));
		return () => controller.abort();
	}, [query]);
	const save = async () => {
		document.cookie = 'app_query=' + query + '; path=/';
		const answer = await fetch('/api/save', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query }) });
		log.push('saved ' + (await answer.json()).ok + ' ' + document.cookie.includes('app_query=' + query));
	};
	return <>
		<h1>Catalogue</h1>
		<input value={query} onChange={event => setQuery(event.target.value)} />
		<button onClick={save}>Retenir</button>
		<button onClick={() => setOpen(!open)}>Détails</button>
		<button onClick={() => setChart(true)}>Graphique</button>
		<ul>{datasets.map(d => <li key={d.id}><img ref={image} src={'/static/' + d.id + '.svg'} srcSet={'/static/' + d.id + '.svg 2x'} alt="" /> <span dangerouslySetInnerHTML={{ __html: d.html }} /></li>)}</ul>
		<Boundary><Fragile broken={open} /></Boundary>
		{open && createPortal(<aside style={{ '--depth': 2 }}><a href="https://elsewhere.example/" target="_blank" rel="noopener">Source</a><iframe title="Carte" src="/map.html" /></aside>, document.getElementById('aside'))}
		<Suspense fallback={<p>…</p>}>{chart && <Chart onReady={size => log.push('chart ' + size)} />}</Suspense>
	</>;
}

createRoot(document.getElementById('app')).render(<StrictMode><App /></StrictMode>);
