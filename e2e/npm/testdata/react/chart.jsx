import { useLayoutEffect, useRef } from 'react';

export default function Chart({ onReady }) {
	const canvas = useRef(null);
	useLayoutEffect(() => {
		canvas.current.setAttribute('width', '40');
		onReady(canvas.current.width);
	}, []);
	return <canvas ref={canvas} height="20">Graphique</canvas>;
}
