// The payment method in WooCommerce's checkout block: a label and a text; the server answers
// the order with where to go.
( function ( registry, settings, element, htmlEntities ) {
	const method = settings.getSetting( 'rieltime_data', {} );
	const title = htmlEntities.decodeEntities( method.title || 'Rieltime' );
	const Content = () => htmlEntities.decodeEntities( method.description || '' );

	registry.registerPaymentMethod( {
		name: 'rieltime', // the gateway's id
		label: title,
		ariaLabel: title,
		content: element.createElement( Content ),
		edit: element.createElement( Content ),
		canMakePayment: () => true, // the server leaves it out where it cannot be used
		supports: { features: method.supports || [ 'products' ] },
	} );
} )( window.wc.wcBlocksRegistry, window.wc.wcSettings, window.wp.element, window.wp.htmlEntities );
