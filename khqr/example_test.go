package khqr_test

import (
	"errors"
	"fmt"
	"time"

	"rieltime/khqr"
)

var now = time.UnixMilli(1767225600000) // in a program: time.Now()

// A static code: the payer types the amount.
func ExampleCode_Encode() {
	code := khqr.Code{
		Kind:         khqr.Individual,
		Account:      "john_smith@devb",
		MerchantName: "John Smith",
	}
	text, err := code.Encode(now)
	fmt.Println(text, err)
	// Output: 00020101021129190015john_smith@devb5204599953031165802KH5910John Smith6010Phnom Penh63046BFA <nil>
}

// A dynamic code for one payment, and the key to ask Bakong about it.
func ExampleCode_Encode_dynamic() {
	amount, err := khqr.FormatAmount(1050, khqr.USD)
	if err != nil {
		fmt.Println(err)
		return
	}

	code := khqr.Code{
		Kind:          khqr.Merchant,
		Account:       "khqr@devb",
		MerchantID:    "013345168",
		AcquiringBank: "Dev Bank",
		MerchantName:  "Coffee Klaing",
		MerchantCity:  "Siem Reap",
		Currency:      khqr.USD,
		Amount:        amount,
		BillNumber:    "INV-1",
		Expires:       now.Add(10 * time.Minute),
	}

	text, err := code.Encode(now)
	fmt.Println(text, err)
	fmt.Println(khqr.MD5(text))
	// Output:
	// 00020101021230380009khqr@devb01090133451680208Dev Bank520459995303840540510.505802KH5913Coffee Klaing6009Siem Reap62090105INV-1993400131767225600000011317672262000006304C1A4 <nil>
	// 180087e2c4611fc982ac44eb27e65ac5
}

func ExampleCode_Encode_error() {
	code := khqr.Code{Kind: khqr.Individual, Account: "john_smith", MerchantName: "John Smith"}
	_, err := code.Encode(now)

	var failure *khqr.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Field, "|", failure.Reason, "|", uint8(failure.Code), failure.Code.String())
	}

	fmt.Println(errors.Is(err, khqr.BakongAccountIDInvalid))
	// Output:
	// account | is not of the form name@bank | 3 BAKONG_ACCOUNT_ID_INVALID
	// true
}

func ExampleDecode() {
	code, err := khqr.Decode("00020101021230410015john_smith@devb01061234560208Dev Bank52045999530384054035.05802KH" +
		"5916john smith actor6010Phnom Penh62130709Counter 299170013161343857579463048EF2")
	if err != nil {
		fmt.Println(err)
		return
	}

	cents, err := khqr.ParseAmount(code.Amount, code.Currency)
	fmt.Println(code.Kind, code.Account, code.TerminalLabel, code.Currency.Name(), cents, err)
	fmt.Println("legacy:", code.Legacy())
	// Output:
	// merchant john_smith@devb Counter 2 USD 500 <nil>
	// legacy: true
}

// A code with a second payee added, and a fitting CRC.
func ExampleVerify() {
	text := "00020101021229190015john_smith@devb520459995303116540440005802KH5910John Smith6010Phnom Penh" +
		"62170105INV-10304Shop9934001317672256000000113176722620000029130009evil@devb6304797E"
	for _, problem := range khqr.Verify(text, now.Add(time.Hour)) {
		fmt.Println(problem)
	}
	// Output:
	// khqr: payee appears twice (KHQR_INVALID, 8)
	// khqr: expires has passed (KHQR_EXPIRED, 46)
}

// Tags that this package does not know can be read, and outlive a change.
func ExampleParse() {
	text := "00020101021129190015john_smith@devb4005extra5204599953031165802KH5910John Smith6010Phnom Penh63047565"
	tags, err := khqr.Parse(text)
	if err != nil {
		fmt.Println(err)
		return
	}

	extra, _ := tags.Get("40")
	account, _ := tags.Get("29", "00")
	fmt.Println(extra, account)

	code, err := khqr.Decode(text)
	if err != nil {
		fmt.Println(err)
		return
	}

	code.MerchantCity = "Kampot"
	changed, err := code.Encode(now)
	fmt.Println(changed, err)
	// Output:
	// extra john_smith@devb
	// 00020101021129190015john_smith@devb4005extra5204599953031165802KH5910John Smith6006Kampot63041745 <nil>
}
