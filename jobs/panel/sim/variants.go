package sim

// Variants selects readings of the API where public facts are missing or contradict each other. The zero value is the
// most likely panel. A client must work with every variant.
type Variants struct {
	NullSuccessCodes bool // NullSuccessCodes answers error_message and error_code as null on success.
	NoSuccessCodes   bool // NoSuccessCodes leaves both out on success.
	Errors200        bool // Errors200 answers 200 instead of 400 and 404; the body still has the error_code.

	PaginationInData bool // PaginationInData puts pagination inside data instead of beside it.
	NoPagination     bool // NoPagination leaves it out.
	NullPageHrefs    bool // NullPageHrefs writes null instead of "" where there is no previous or next page.
	CountIsTotal     bool // CountIsTotal makes data.count the number of matches instead of rows in the page.
	IgnoreFilters    bool // IgnoreFilters returns all rows and ignores the filters; only sort and paging work.

	MoneyAsNumber    bool // MoneyAsNumber writes money values as JSON numbers.
	NoFormatted      bool // NoFormatted leaves "formatted" out of money.
	NumbersAsStrings bool // NumbersAsStrings writes ids, counts and timestamps as strings.

	HTML429      bool // HTML429 answers the rate limit with a web page instead of the envelope.
	LimitUserAPI bool // LimitUserAPI counts User API calls against the same limit.

	RefuseClosedReply  bool // RefuseClosedReply refuses staff replies on closed and locked tickets.
	TicketAddID        bool // TicketAddID answers /tickets/add with "id" instead of "ticket_id".
	BothIDLists        bool // BothIDLists repeats skipped ids of a bulk action in "ids".
	UpdateErrorMessage bool // UpdateErrorMessage names the text of a failed /orders/update item error_message.
	BareCancelTasks    bool // BareCancelTasks makes /cancel/pull items {id: order id, remains} in data itself.
	RichActions        bool // RichActions adds the internal screen's actions to an order's map, one of them a list.
	PaymentExtras      bool // PaymentExtras adds last update, mode and risk to payments, under guessed names.
	ReceiptIDOnly      bool // ReceiptIDOnly answers /payments/add with the payment's id and nothing else.
	NoRepeats          bool // NoRepeats answers a payment of a customer and amount that it has already with that one's receipt.
	LowerMemos         bool // LowerMemos shows memos in lower case, in lists and receipts.
	CutMemos           bool // CutMemos shows the first cutMemo bytes of a memo.
	EscapeReplies      bool // EscapeReplies keeps the text of staff as text: it shows < and & as entities.
	ProviderNA         bool // ProviderNA names the provider of manual orders "N/A" instead of null.

	UserAPI401       bool // UserAPI401 answers a bad User API key with 401 and "Invalid API key".
	UserAPISentences bool // UserAPISentences refuses a new order in sentences instead of machine codes.
}
